import { createWebexClient, type TaskFacts, type WebexClient, WebexError } from '@wxcc-wfo/webex';
import type { Acd } from '../acds/acd.ts';
import type { Wiring } from '../wiring.ts';
import type { Asked, CallFacts, CaptureFacts, PreflightFacts } from './preflight-facts.ts';

/** The questions that a preflight asks Webex with the ACD’s own token; each ends by the signal, and none fails the whole. */

const DAY_MS = 86_400_000;
const MAX_USERS_LOOKED_AT = 1_000;
const MAX_QUEUES_LOOKED_AT = 500;
/** As many as one question to the captures API takes. */
const CALLS_ASKED_ABOUT = 10;
/** Of the whole time: so a host that is away fails its own question first, and what is late waited for the budget. */
const SHARE_OF_ONE_CALL = 0.6;

export type WebexFacts = Pick<PreflightFacts, 'person' | 'account' | 'calls' | 'webhooks' | 'smsQueue'>;

/** Asks everything at once. A few requests, out of the client id’s budget. */
export async function askWebex(
  wiring: Wiring,
  o: { acd: Acd; accessToken: string; deadlineMs: number },
): Promise<WebexFacts> {
  const { acd, accessToken, deadlineMs } = o;
  const signal = AbortSignal.timeout(deadlineMs);
  const oneCallMs = deadlineMs * SHARE_OF_ONE_CALL;
  const webex = createWebexClient({
    endpoints: { ...wiring.endpoints, apiUrl: acd.apiUrl },
    quota: wiring.quota,
    quotaKey: acd.quotaKey,
    kind: 'captures',
    timeouts: { headersMs: oneCallMs, bodyMs: oneCallMs, deadlineMs: oneCallMs },
    orgId: acd.webexOrgId,
    getAccessToken: async () => accessToken,
  });
  const who = ask(signal, () => askWho(wiring, { accessToken, quotaKey: acd.quotaKey }));
  const [person, account, calls, webhooks, smsQueue] = await Promise.all([
    who,
    who.then((person) => {
      const identityId = person.state === 'answered' ? person.value.identityId : undefined;
      return ask(signal, () => findAccount(webex, { identityId, username: acd.username, signal }));
    }),
    askAboutCalls(webex, { nowMs: wiring.clock.nowMs(), signal }),
    ask(signal, () => ourWebhooks(webex, acd.acdId, signal)),
    acd.configuration.qualityManagement.digital
      ? ask(signal, () => findSmsQueue(webex, signal))
      : notAsked('Digital is off.'),
  ]);
  return { person, account, calls, webhooks, smsQueue };
}

export const notAsked = (reason: string, next?: string) =>
  ({ state: 'not-asked', reason, ...(next === undefined ? {} : { next }) }) as const;

/** The clocks are compared when the answer comes: the other questions may take much longer. */
async function askWho({ provider, clock }: Wiring, o: { accessToken: string; quotaKey: string }) {
  const { serverTimeMs, ...person } = await provider.whoAmI(o.accessToken, { quotaKey: o.quotaKey });
  return { ...person, skewMs: serverTimeMs === undefined ? null : clock.nowMs() - serverTimeMs };
}

/** An answer, or why there is none. What is late goes on by itself and is not waited for. */
export async function ask<T>(signal: AbortSignal, question: () => Promise<T>): Promise<Asked<T>> {
  const late = new Promise<never>((_, reject) => {
    const end = () => reject(new Error('late'));
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  try {
    return { state: 'answered', value: await Promise.race([question(), late]) };
  } catch (error) {
    if (error instanceof WebexError) return { state: 'failed', code: codeOf(error), reason: error.message };
    const reason = signal.aborted
      ? 'There was no answer within the time that a preflight may take.'
      : 'The question could not be asked; the log of this service says why.';
    return { state: 'failed', code: 'late', reason };
  }
}

/** A 5xx is an answer, though none that helps: it is not the way to Webex that fails. */
const codeOf = ({ kind, statusCode }: WebexError): string =>
  kind === 'unavailable' && statusCode !== undefined ? 'server-fault' : kind;

type Account = Extract<PreflightFacts['account'], { state: 'answered' }>['value'];

async function findAccount(
  webex: WebexClient,
  o: { identityId: string | undefined; username: string; signal: AbortSignal },
): Promise<Account> {
  const { identityId, username, signal } = o;
  if (identityId !== undefined) {
    const found = await webex.findUserByIdentity(identityId, { signal });
    return found ? accountOf(found) : null;
  }
  let seen = 0;
  for await (const users of webex.listUsers({ signal })) {
    const found = users.find((user) => user.email?.toLowerCase() === username.toLowerCase());
    if (found) return accountOf(found);
    seen += users.length;
    if (seen >= MAX_USERS_LOOKED_AT) {
      throw new WebexError('incomplete', `The account is not among the first ${seen} users; the rest was not read.`);
    }
  }
  return null;
}

const accountOf = (user: NonNullable<Account>): Account => ({
  isActive: user.isActive,
  isContactCenterEnabled: user.isContactCenterEnabled,
  profileType: user.profileType,
});

async function ourWebhooks(webex: WebexClient, acdId: string, signal: AbortSignal) {
  const listed = await webex.listSubscriptions({ signal });
  return listed
    .filter(({ destinationUrl }) => destinationUrl.endsWith(`/${acdId}`))
    .map(({ status, destinationUrl }) => ({ status, destinationUrl }));
}

async function findSmsQueue(webex: WebexClient, signal: AbortSignal) {
  let seen = 0;
  for await (const queues of webex.listQueues({ signal })) {
    if (queues.some((queue) => queue.channel === 'sms')) return { exists: true, isComplete: true };
    seen += queues.length;
    if (seen >= MAX_QUEUES_LOOKED_AT) return { exists: false, isComplete: false };
  }
  return { exists: false, isComplete: true };
}

/** The newest page of the last day’s ended tasks, and the recordings of a few calls that tell the most. */
async function askAboutCalls(
  webex: WebexClient,
  o: { nowMs: number; signal: AbortSignal },
): Promise<PreflightFacts['calls']> {
  const { nowMs, signal } = o;
  const tasks = await ask(signal, async () => {
    for await (const page of webex.listEndedTasks({ startMs: nowMs - DAY_MS, endMs: nowMs }, { signal }))
      return page.tasks;
    return [];
  });
  if (tasks.state !== 'answered') return tasks;
  const telling = tellingCalls(tasks.value);
  const captures: CallFacts['captures'] =
    telling.length === 0
      ? notAsked('No call ended within the last day, so that there was no recording to ask for.')
      : await ask(signal, async () => {
          const ids = telling.map((task) => task.taskId);
          return captureFacts(telling, await webex.queryCaptures(ids, { includeSegments: true, signal }));
        });
  return { state: 'answered', value: { calls: telling.length, captures } };
}

const transfersOf = ({ totals }: TaskFacts) => totals.transferCount + totals.blindTransferCount;
const tells = (task: TaskFacts) => (task.totals.consultCount > 0 ? 2 : 0) + (transfersOf(task) > 0 ? 1 : 0);

/** Connected calls, those with a transfer or a consultation first. */
function tellingCalls(tasks: readonly TaskFacts[]): TaskFacts[] {
  return tasks
    .filter((task) => task.channel === 'voice' && task.totals.connectedMs > 0)
    .sort((a, b) => tells(b) - tells(a))
    .slice(0, CALLS_ASKED_ABOUT);
}

function captureFacts(
  tasks: readonly TaskFacts[],
  captures: Awaited<ReturnType<WebexClient['queryCaptures']>>,
): CaptureFacts {
  const recordings = captures.flatMap((one) => one.recordings);
  const recordedIds = new Set(captures.filter((one) => one.recordings.length > 0).map((one) => one.taskId));
  const recorded = tasks.filter((task) => recordedIds.has(task.taskId));
  return {
    recorded: recorded.length,
    recordedWithTransfer: recorded.filter((task) => transfersOf(task) > 0).length,
    recordedWithConsult: recorded.filter((task) => task.totals.consultCount > 0).length,
    hasSegments: recordings.some((recording) => recording.isSegment),
    hasConsultLegs: recordings.some((recording) => recording.leg === 'consult' || recording.leg === 'va-consult'),
  };
}
