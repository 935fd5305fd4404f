import type { Credentials } from './http/credentials.ts';
import type { OnUnknownValue } from './http/fields.ts';
import type { TaskCaptures, WebexDownload } from './port/captures.ts';
import type {
  WebexAuxiliaryCode,
  WebexEntryPoint,
  WebexQueue,
  WebexSite,
  WebexTeam,
  WebexUser,
} from './port/directory.ts';
import type { NewSubscription, SubscriptionChange, WebexSubscription } from './port/subscriptions.ts';
import type { TaskFacts, TimeWindow } from './port/tasks.ts';
import type { MetadataQuestion } from './search/metadata-fields.ts';

export type * from './port/captures.ts';
export type * from './port/directory.ts';
export type * from './port/subscriptions.ts';
export type * from './port/tasks.ts';

/** Where Webex is, or what stands for it: configuration of the deployment, never of a tenant. */
export interface ApiEndpoints {
  /** Base of the data APIs, e.g. `https://api.wxcc-us1.cisco.com`. */
  apiUrl: string;
  /** Every host that may be called, with a credential too: `host`, `host:port` or `*.suffix`. */
  allowedHosts: string[];
  /** Further hosts that only files are read from, where anybody may have a place: no credential goes there. */
  fileHosts?: string[];
  /** Tests and stand-ins only: permits private addresses and plain http. */
  allowPrivateAddresses: boolean;
}

/** With the addresses where people are signed in. */
export interface WebexEndpoints extends ApiEndpoints {
  oauthAuthorizeUrl: string;
  oauthTokenUrl: string;
  peopleMeUrl: string;
}

/** What a request is for; earlier kinds go before later ones when the budget is short. */
export type WorkKind = 'token' | 'live-capture' | 'captures' | 'sync' | 'recapture' | 'backfill';

/** Leave to send one request. */
export interface SendPermission {
  /** By `performance.now()`. Who has not sent by then asks anew: later it would count in another minute. */
  sendByMs: number;
}

export interface WebexQuota {
  /** Resolves when a request may be sent. Rejects with the signal's reason when aborted. */
  acquire(request: { quotaKey: string; kind: WorkKind; signal?: AbortSignal }): Promise<SendPermission>;
  /** Stops all requests of the key, in all processes, for this long (HTTP 429). */
  penalise(quotaKey: string, retryAfterMs: number): Promise<void>;
}

export interface WebexTimeouts {
  /** Until the answer begins. */
  headersMs?: number;
  /** Between two pieces of the answer. */
  bodyMs?: number;
  /** For one call with all its attempts, from the first attempt's permission on. */
  deadlineMs?: number;
  /** A download is given up when less than so many bytes per second came while it was waited for … */
  slowestBytesPerSecond?: number;
  /** … for so long. */
  slowestForMs?: number;
}

export interface WebexClientOptions {
  endpoints: ApiEndpoints;
  quota: WebexQuota;
  /** The OAuth client id: Webex counts requests by it. */
  quotaKey: string;
  /** How calls prove who they are; left out where `getAccessToken` is given. */
  credentials?: Credentials;
  /** A bearer of OAuth: asked before each call, and once more after a 401, then with the token that was refused. */
  getAccessToken?(refused?: string): Promise<string>;
  orgId: string;
  kind: WorkKind;
  onUnknownValue?: OnUnknownValue;
  timeouts?: WebexTimeouts;
}

export interface CallOptions {
  signal?: AbortSignal;
}

export interface TaskReadOptions extends CallOptions {
  /** Fields to read of each task beside the fixed facts (CAP-04). */
  metadata?: MetadataQuestion;
}

export interface CountOptions extends CallOptions {
  /** Told what Webex's clock said when it answered, to the second. */
  onServerTime?(timeMs: number): void;
}

/** All that the bridge asks of a Webex Contact Center tenant, in the trade's words. */
export interface WebexClient {
  /** How many tasks ended in the window, by Webex's own count. Webex counts up to its own now, whatever `endMs` says. */
  countEndedTasks(window: TimeWindow, options?: CountOptions): Promise<number>;
  /**
   * Pages of up to 250 tasks that ended in the window, activities complete. A listing is read from its start or not at
   * all: after an error, begin anew. Compare the distinct ids with the count.
   */
  listEndedTasks(window: TimeWindow, options?: TaskReadOptions): AsyncIterable<{ tasks: TaskFacts[] }>;
  /** Looks in the 30 days around `aroundMs` (default: the last 30), which is as far as one query with activities goes. */
  getTask(taskId: string, options?: TaskReadOptions & { aroundMs?: number }): Promise<TaskFacts | undefined>;
  /**
   * As `getTask` for many; ids that were not found are missing from the answer. `endedOnly` looks for tasks that have
   * ended and for no others, which takes one question where two may be needed.
   */
  getTasks(
    taskIds: string[],
    options?: TaskReadOptions & { aroundMs?: number; endedOnly?: boolean },
  ): Promise<TaskFacts[]>;
  /** At most 10 ids; an unknown task has empty lists. */
  queryCaptures(
    taskIds: string[],
    options?: CallOptions & { includeSegments?: boolean; urlExpirationMinutes?: number },
  ): Promise<TaskCaptures[]>;
  /**
   * Opens a file by its pre-signed URL, without the bearer and without retries (the caller knows how far it got).
   * Resolves for 200 and 206 only; 403 (`forbidden`) is an expired link. An error in mid-body is the stream's.
   */
  download(url: string, options?: CallOptions & { rangeStart?: number }): Promise<WebexDownload>;
  /**
   * The listings of the directory: pages, each id once. A listing that ENDS is proven complete (`config/listing-policy.ts`
   * says how): it holds every record that existed throughout. One that is not proven throws `incomplete` (retriable) after
   * its last page, one that breaks off its own error; then nothing may be concluded from what was absent.
   * Where Webex changed while it was read, a listing is read again, so that records deleted meanwhile may be among the
   * pages. Array fields are left out of lists and null.
   */
  listUsers(options?: CallOptions): AsyncIterable<WebexUser[]>;
  listTeams(options?: CallOptions): AsyncIterable<WebexTeam[]>;
  listQueues(options?: CallOptions): AsyncIterable<WebexQueue[]>;
  listSites(options?: CallOptions): AsyncIterable<WebexSite[]>;
  listEntryPoints(options?: CallOptions): AsyncIterable<WebexEntryPoint[]>;
  listAuxiliaryCodes(options?: CallOptions): AsyncIterable<WebexAuxiliaryCode[]>;
  /** Which of these users (by `userId`) exist: asks for them by name, before their absence is believed. */
  findUsers(userIds: string[], options?: CallOptions): Promise<WebexUser[]>;
  /** One user by the Common Identity id, array fields and `profileType` included; undefined when there is none. */
  findUserByIdentity(identityId: string, options?: CallOptions): Promise<WebexUser | undefined>;
  listSubscriptions(options?: CallOptions): Promise<WebexSubscription[]>;
  createSubscription(subscription: NewSubscription, options?: CallOptions): Promise<WebexSubscription>;
  updateSubscription(id: string, change: SubscriptionChange, options?: CallOptions): Promise<WebexSubscription>;
  /** Succeeds as well when it is gone already. */
  deleteSubscription(id: string, options?: CallOptions): Promise<void>;
}
