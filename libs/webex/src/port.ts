import type { Readable } from 'node:stream';
import type { ActivityKind } from '@wxcc-wfo/contracts';
import type { Credentials } from './http/credentials.ts';
import type { OnUnknownValue } from './http/fields.ts';
import type { MetadataQuestion } from './search/metadata-fields.ts';

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

/** Epoch ms. Webex does not say whether a time equal to `endMs` is in: treat windows as overlapping by that millisecond. */
export interface TimeWindow {
  startMs: number;
  endMs: number;
}

export interface NamedThing {
  id: string;
  name: string | null;
}

export type TaskChannel = 'voice' | 'chat' | 'sms' | 'email' | 'social' | 'other';

/** One contact session as it was when read. Times are epoch ms, durations ms; null is "not said". */
export interface TaskFacts {
  taskId: string;
  isActive: boolean;
  status: string;
  channel: TaskChannel;
  channelType: string;
  channelSubType: string | null;
  direction: 'inbound' | 'outbound' | 'unknown';
  createdAtMs: number;
  endedAtMs: number | null;
  lastActivityAtMs: number | null;
  /** Where the contact came from (calling number, address). */
  ani: string | null;
  /** Where it went (called number, address). */
  dnis: string | null;
  customer: { name: string | null; phoneNumber: string | null; email: string | null } | null;
  queue: NamedThing | null;
  team: NamedThing | null;
  site: NamedThing | null;
  entryPoint: NamedThing | null;
  /** The last agent, or the owner where only that is told. */
  agent: { id: string; name: string | null; sessionId: string | null } | null;
  terminationType: string | null;
  terminationReason: string | null;
  terminatingEnd: string | null;
  contactHandleType: string | null;
  isOutdial: boolean | null;
  isCallback: boolean | null;
  recordingRequested: boolean | null;
  recordingCount: number | null;
  isRecordingDeleted: boolean | null;
  totals: TaskTotals;
  wrapUpCode: { id: string | null; name: string | null } | null;
  isContactHandled: boolean | null;
  isWithinServiceLevel: boolean | null;
  /** Values of the metadata fields that were asked for, by `keyOfMetadataField` of the contracts; one without a value is not in it. */
  metadata: Readonly<Record<string, string>>;
  /** Oldest first. */
  activities: ActivityFacts[];
  /** False when not every activity could be read: such a task must not be stored as complete. */
  activitiesComplete: boolean;
  /** How many activities Webex says there are. */
  activityCount: number;
}

/** What was not told or not finished counts as 0 here. */
export interface TaskTotals {
  totalMs: number;
  queueMs: number;
  ringingMs: number;
  connectedMs: number;
  holdMs: number;
  consultMs: number;
  conferenceMs: number;
  wrapUpMs: number;
  selfServiceMs: number;
  transferCount: number;
  blindTransferCount: number;
  holdCount: number;
  consultCount: number;
  conferenceCount: number;
  queueCount: number;
}

/** One step in a task's life. `offered` is ringing, `hold-ended` talk after a hold. */
export interface ActivityFacts {
  activityId: string;
  kind: ActivityKind;
  /** Webex's literal, as evidence. */
  sourceEvent: string;
  startedAtMs: number;
  endedAtMs: number | null;
  /** Until the next state; null while unfinished. Holds and the like may span the steps that happen within them. */
  durationMs: number | null;
  agentId: string | null;
  agentName: string | null;
  agentSessionId: string | null;
  agentChannelId: string | null;
  queueId: string | null;
  queueName: string | null;
  teamId: string | null;
  teamName: string | null;
  siteId: string | null;
  siteName: string | null;
  entryPointId: string | null;
  destinationAgentId: string | null;
  destinationAgentName: string | null;
  destinationAgentSessionId: string | null;
  destinationTeamId: string | null;
  destinationQueueId: string | null;
  transferType: string | null;
  childContactId: string | null;
  childContactType: string | null;
  terminationReason: string | null;
}

export interface TaskCaptures {
  taskId: string;
  recordings: CapturedRecording[];
  /** Recordings that are listed but cannot be used (yet): those of an open call lack their end or their file. */
  unreadableRecordings: number;
  transcriptions: CapturedTranscript[];
}

export type ChannelRole = 'caller' | 'agent' | 'virtual-agent' | 'others' | 'unknown';
export type RecordingLeg = 'main' | 'consult' | 'va-main' | 'va-consult';

export interface CapturedRecording {
  webexRecordingId: string;
  /** False for a whole recording (always so for a consultation). */
  isSegment: boolean;
  fileName: string;
  /** Pre-signed and short-lived: a secret. */
  url: string;
  startedAtMs: number;
  endedAtMs: number;
  /** Agents' Common Identity ids and masked customer addresses. */
  participants: string[];
  /** Who is on audio channel 1, 2. */
  channelRoles: ChannelRole[];
  leg: RecordingLeg;
  sensitive: boolean;
}

export interface CapturedTranscript {
  webexTranscriptId: string;
  /** `recording` for voice, else the channel's word (`chat`, `sms`, …). */
  source: string;
  provider: string | null;
  fileName: string;
  url: string;
  startedAtMs: number | null;
  createdAtMs: number | null;
  languageCode: string | null;
}

export interface WebexDownload {
  /** 200, or 206 when a range was asked for and given: compare before appending to what is there. */
  statusCode: number;
  contentLength?: number;
  contentType?: string;
  body: Readable;
}

export interface WebexUser {
  userId: string;
  /** The Common Identity id, by which recordings and webhooks name the same person. */
  identityId: string | null;
  /** `dbId`, the identifier from before a migration: what 1.0 calls TID. */
  legacyId: string | null;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  isActive: boolean | null;
  isContactCenterEnabled: boolean | null;
  siteId: string | null;
  siteName: string | null;
  /** Null where the list left it out, which is not "no teams". */
  teamIds: string[] | null;
  userProfileId: string | null;
  /** `ADMINISTRATOR`, `STANDARD_AGENT` and so on; told only where one user is asked for. */
  profileType: string | null;
  agentProfileId: string | null;
  skillProfileId: string | null;
  timezone: string | null;
  externalId: string | null;
  updatedAtMs: number | null;
}

export interface WebexTeam {
  teamId: string;
  name: string | null;
  type: string | null;
  status: string | null;
  isActive: boolean | null;
  siteId: string | null;
  siteName: string | null;
  userIds: string[] | null;
  updatedAtMs: number | null;
}

export interface WebexQueue {
  queueId: string;
  name: string | null;
  direction: 'inbound' | 'outbound' | 'unknown';
  channel: TaskChannel;
  channelType: string;
  socialChannelType: string | null;
  serviceLevelThresholdSeconds: number | null;
  isActive: boolean | null;
  routingType: string | null;
  updatedAtMs: number | null;
}

export interface WebexSite {
  siteId: string;
  name: string | null;
  isActive: boolean | null;
  updatedAtMs: number | null;
}

export interface WebexEntryPoint {
  entryPointId: string;
  name: string | null;
  direction: 'inbound' | 'outbound' | 'unknown';
  channel: TaskChannel;
  channelType: string;
  socialChannelType: string | null;
  serviceLevelThresholdSeconds: number | null;
  isActive: boolean | null;
  updatedAtMs: number | null;
}

/** Why an agent is idle, or how a contact was wrapped up. */
export interface WebexAuxiliaryCode {
  auxiliaryCodeId: string;
  name: string | null;
  kind: 'idle' | 'wrap-up' | 'unknown';
  isDefault: boolean | null;
  isSystemCode: boolean | null;
  isActive: boolean | null;
  updatedAtMs: number | null;
}

export interface WebexSubscription {
  subscriptionId: string;
  name: string;
  eventTypes: string[];
  destinationUrl: string;
  /** `inactive` when Webex gave up on a failing receiver. */
  status: string;
  resourceVersion: string | null;
  createdAtMs: number | null;
  updatedAtMs: number | null;
}

export interface NewSubscription {
  /** 4 to 64 characters. */
  name: string;
  /** 1 to 32, of one resource. */
  eventTypes: string[];
  destinationUrl: string;
  /** 32 to 256 characters. */
  secret: string;
  /** E.g. `task:1.0.0`. */
  resourceVersion: string;
}

/** A subscription cannot be renamed; the resource version must be repeated. */
export interface SubscriptionChange {
  resourceVersion: string;
  status?: 'active' | 'inactive';
  eventTypes?: string[];
  destinationUrl?: string;
  secret?: string;
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
