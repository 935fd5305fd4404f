import {
  type AuthorizationLost,
  type QueueChanged,
  type TaskEnded,
  type TeamChanged,
  TOPICS,
  type TokenRefreshed,
  type UserChanged,
} from '@wxcc-wfo/contracts';
import { newApiKey } from '@wxcc-wfo/service-kit';
import {
  createSimulator,
  createSimulatorControl,
  type Simulator,
  type SimulatorControl,
  type TaskGroundTruth,
} from '@wxcc-wfo/simulator';
import { type TopicLedger, topicLedger, waitFor } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import { signIn } from '../../scripts/demo/sign-in.ts';
import { PUBLIC_BASE } from '../../scripts/demo/start-simulator.ts';
import type { RunningService } from '../../scripts/stack/start-stack.ts';
import { type Bridge, startBridge } from './bridge.ts';
import { type Operator, operatorOf, PATIENCE } from './operator.ts';
import { STORIES } from './stories.ts';
import { openWebexFront, type WebexFront } from './webex-front.ts';

const OTHER_TENANT = '7d2f4f4e-9a1c-4f0b-8c55-1d0a9a6a3b20';
const OTHER_CLIENT = { id: 'other-integration', secret: 'other-secret' };

/** What the day listens to, by the names of TOPICS. */
interface DayEvents {
  userChanged: UserChanged;
  teamChanged: TeamChanged;
  queueChanged: QueueChanged;
  tokenRefreshed: TokenRefreshed;
  authorizationLost: AuthorizationLost;
  taskEnded: TaskEnded;
}
const HEARD = [
  'userChanged',
  'teamChanged',
  'queueChanged',
  'tokenRefreshed',
  'authorizationLost',
  'taskEnded',
] as const satisfies (keyof DayEvents)[];

/** Two tenants of the bridge with an organization each, both connected; two replicas of every service. */
export interface Day {
  bridge: Bridge;
  /** Steers the organization that the day is about. */
  webex: SimulatorControl;
  operator: Operator;
  /** Of the other tenant and its organization, which nothing happens to. */
  other: Operator;
  otherAcdId: string;
  redis: Redis;
  /** How long everything took, for whoever reads the output. */
  notes: string[];
  /** Waits as long as a stalling machine needs. */
  until<T>(what: string, condition: () => T | Promise<T>): Promise<NonNullable<T>>;
  /** What was published of an ACD so far; the day's own unless told. */
  eventsOf<N extends keyof DayEvents>(name: N, acdId?: string): DayEvents[N][];
  /** Versions of the token, in the order in which they were told. */
  tokenVersions(): number[];
  // biome-ignore lint/suspicious/noExplicitAny: tests match the body, whatever it is
  health(): Promise<any>;
  /** The WFO user that a Webex id means. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  userOf(webexId: string): Promise<any>;
  /** Everybody, merged users included. */
  allUsers(): Promise<{ userId: string; active: boolean; revision: number }[]>;
  /** Until the newest published version of everybody is the one that is stored. */
  untilPublished(): Promise<void>;
  /** Ends a call now. */
  play(): Promise<string>;
  /** The revisions in which the end of a task was told: 1, and 2 where its wrap-up was not over when it was read. */
  endings(taskId: string): number[];
  /** A call of the other organization goes the whole way: what would have come before it has come. */
  otherTaskPasses(): Promise<void>;
  replicasOf(service: string): RunningService[];
  /** A part of the day, whose time is noted. */
  part(name: string, play: () => Promise<void>): () => Promise<void>;
  end(): Promise<void>;
}

/** @param o.accessTokenSeconds how long access tokens live at the beginning */
export async function beginDay(o: { accessTokenSeconds: number }): Promise<Day> {
  const beganAt = performance.now();
  const front = await openWebexFront();
  const otherWebex = await createSimulator({
    tasks: 0,
    talkScale: 0.1,
    clients: [OTHER_CLIENT],
    orgId: '0f6f1f1a-2b3c-4d5e-8f90-a1b2c3d4e5f6',
    quotaPerMinute: 1_200,
  });
  front.serve({ clientId: OTHER_CLIENT.id, orgId: otherWebex.tenant.options.orgId, baseUrl: otherWebex.baseUrl });
  const otherKey = newApiKey('other');
  const bridge = await startBridgeBehind(front, { ...o, otherWebex, otherKeyHash: otherKey.sha256 });
  Object.assign(otherWebex.tenant.options.resolve, { [PUBLIC_BASE]: bridge.webhooks.url });
  const open = (topic: string) => topicLedger(bridge.servers.kafkaBrokers, `${bridge.topicPrefix}${topic}`);
  const ledgers = await Promise.all(HEARD.map(async (name) => [name, await open(TOPICS[name])] as const));
  const other = operatorOf(bridge, otherKey.key);
  const redis = new Redis(bridge.servers.redisUrl);
  return dayOf({
    beganAt,
    bridge,
    other,
    redis,
    otherWebex,
    otherAcdId: await connectOther(other, otherWebex),
    topics: Object.fromEntries(ledgers) as Record<keyof DayEvents, TopicLedger>,
    async end() {
      redis.disconnect();
      await Promise.all(ledgers.map(([, ledger]) => ledger.close()));
      await bridge.stop();
      await otherWebex.close();
      await front.close();
    },
  });
}

function startBridgeBehind(
  front: WebexFront,
  o: { accessTokenSeconds: number; otherWebex: Simulator; otherKeyHash: string },
): Promise<Bridge> {
  return startBridge({
    replicas: 2,
    accessTokenSeconds: o.accessTokenSeconds,
    apiKeys: [{ id: 'other', sha256: o.otherKeyHash, scopes: ['*'], tenantId: OTHER_TENANT }],
    environment: {
      // A refusal is believed after a second, a lost authorization tried again every two, a dead replica's run taken
      // over after two. How often the hand-over store is looked at stays as it is in production.
      REFUSAL_CONFIRM_SECONDS: '1',
      LOST_PROBE_SECONDS: '2',
      EARLY_REFRESH_SECONDS: '0',
      REFRESH_CHECK_MS: '250',
      SYNC_LEASE_MS: '2000',
      SYNC_CHECK_MS: '500',
    },
    webex(own, tenant) {
      front.serve(tenant);
      const hosts = [front.url, tenant.baseUrl, o.otherWebex.baseUrl].map((url) => new URL(url).host);
      return {
        ...own,
        WEBEX_AUTHORIZE_URL: `${front.url}/v1/authorize`,
        WEBEX_TOKEN_URL: `${front.url}/v1/access_token`,
        WEBEX_PEOPLE_ME_URL: `${front.url}/v1/people/me`,
        WEBEX_ALLOWED_HOSTS: hosts.join(','),
      };
    },
  });
}

async function connectOther(other: Operator, { tenant, baseUrl }: Simulator): Promise<string> {
  const { clientRef } = await other.post('oauth', '/v1/clients', {
    name: 'Other integration',
    clientId: OTHER_CLIENT.id,
    clientSecret: OTHER_CLIENT.secret,
  });
  const { acdId, authorizationUrl } = await other.post('oauth', '/v1/acds', {
    name: 'Other contact centre',
    clientRef,
    username: tenant.options.adminEmail,
    apiUrl: baseUrl,
    webexOrgId: tenant.options.orgId,
  });
  await signIn(authorizationUrl);
  return acdId;
}

interface Scenery {
  beganAt: number;
  bridge: Bridge;
  other: Operator;
  otherAcdId: string;
  otherWebex: Simulator;
  redis: Redis;
  topics: Record<keyof DayEvents, TopicLedger>;
  end(): Promise<void>;
}

function dayOf(scenery: Scenery): Day {
  const { bridge, other, otherAcdId, otherWebex, redis, topics, beganAt } = scenery;
  const operator = operatorOf(bridge, bridge.stack.secrets.operator.key);
  const notes: string[] = [];
  const until: Day['until'] = (what, condition) => waitFor(what, condition, PATIENCE);
  const eventsOf: Day['eventsOf'] = (name, acdId = bridge.acdId) =>
    topics[name].records.map((record) => record.json<DayEvents[typeof name]>()).filter((one) => one.acdId === acdId);
  const allUsers: Day['allUsers'] = async () => {
    const items = [];
    let cursor = '';
    do {
      const page = await operator.get('sync', `/v1/users?acdId=${bridge.acdId}&includeMerged=true&limit=200${cursor}`);
      items.push(...page.items);
      cursor = page.nextCursor === null ? '' : `&cursor=${encodeURIComponent(page.nextCursor)}`;
    } while (cursor !== '');
    return items;
  };
  const seconds = (sinceAt: number) => ((performance.now() - sinceAt) / 1_000).toFixed(1);
  return {
    bridge,
    operator,
    other,
    otherAcdId,
    redis,
    notes,
    until,
    eventsOf,
    allUsers,
    webex: createSimulatorControl(bridge.tenant.controlUrl),
    tokenVersions: () => eventsOf('tokenRefreshed').map(({ version }) => version),
    health: () => operator.get('oauth', `/v1/acds/${bridge.acdId}/health`),
    userOf: (webexId) => operator.get('sync', `/v1/users/by-acd-id/${webexId}`),
    async untilPublished() {
      await until('what is stored to be published', async () => {
        const newest = new Map<string, number>();
        for (const { userId, revision } of eventsOf('userChanged')) {
          newest.set(userId, Math.max(revision, newest.get(userId) ?? 0));
        }
        return (await allUsers()).every(({ userId, revision }) => newest.get(userId) === revision);
      });
    },
    play: async () => (await bridge.control<TaskGroundTruth>('POST', '/control/tasks', { steps: STORIES.held })).taskId,
    endings: (taskId) => eventsOf('taskEnded').flatMap((one) => (one.taskId === taskId ? [one.revision] : [])),
    async otherTaskPasses() {
      const { taskId } = otherWebex.addTask({ steps: STORIES.held });
      await until('the other organization’s task to be captured', () =>
        eventsOf('taskEnded', otherAcdId).some((one) => one.taskId === taskId),
      );
    },
    replicasOf: (service) => bridge.stack.services.filter((one) => one.service === service),
    part: (name, play) => async () => {
      const partBeganAt = performance.now();
      await bridge.told(play);
      notes.push(`${name}: ${seconds(partBeganAt)} s, ${seconds(beganAt)} s since the day began`);
    },
    end: () => scenery.end(),
  };
}
