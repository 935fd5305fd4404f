import { type RoleReport, whyNotServed } from '@wxcc-wfo/acd';
import type { AcdChanged, AcdVariant, DataServerRole } from '@wxcc-wfo/contracts';
import { flagsOfRole } from '../data-servers/data-server-policy.ts';
import type { Standing, TokenEvent, TokenState } from '../tokens/token-machine-policy.ts';
import { CAUSES_OF_LOSS } from '../tokens/token-policy.ts';
import { type WarningDays, warningOf } from '../tokens/warning-policy.ts';

/** Whether a connection works, in one answer: green, amber or red, since when, why, and what to do. Pure. */

export type Colour = 'green' | 'amber' | 'red';

/** Something that is not as it should be. */
export interface Finding {
  code: string;
  health: Exclude<Colour, 'green'>;
  sinceMs: number | null;
  reason: string;
  remedy: string;
}

export interface TokenHealthFacts {
  standing: Standing;
  sinceMs: number;
  isRefreshing: boolean;
  accessExpiresAtMs: number;
  refreshExpiresAtMs: number;
  nextRefreshAtMs: number | null;
  firstRefusedAtMs: number | null;
  lastAnswer: TokenEvent | null;
}

export interface AuthorizationFacts {
  acdId: string;
  method: 'oauth' | 'api-key';
  authorization: AcdChanged['authorization'];
  /** Since when the ACD is as it is configured. */
  changedAtMs: number;
  token: TokenHealthFacts | null;
}

const MINUTE_MS = 60_000;
/** A refresh that is due is begun within seconds by any replica. */
const OVERDUE_MS = 10 * MINUTE_MS;

const signInAgain = (acdId: string) =>
  `Ask for a new authorization URL with POST /v1/acds/${acdId}/authorization-requests and let the ACD’s administrator open it and sign in.`;
const causes = CAUSES_OF_LOSS.map((cause) => cause.replace(/\.$/, '').replace(/^The/, 'the')).join('; ');

/** What helps against refreshes that fail, by how they fail. Those that nobody can help with heal by themselves. */
const REMEDY_OF_FAILURE: Partial<Record<TokenEvent, string>> = {
  'no-answer': 'Check the way to Webex and its status page; it is tried again until Webex answers.',
  throttled:
    'Webex asks to slow down; it is tried again when Webex said. Spread the ACDs over several client ids if it stays.',
  'not-asked':
    'The request budget of the client id is spent; it is tried again. Spread the ACDs over several client ids if it stays.',
  'client-refused': 'Check the client id and the secret of the client record against the integration at Webex.',
};

type JudgeToken = (
  facts: AuthorizationFacts & { token: TokenHealthFacts },
  nowMs: number,
) => Omit<Finding, 'sinceMs'> | null;

const whileAccessLives = (token: TokenHealthFacts, nowMs: number) =>
  token.accessExpiresAtMs > nowMs
    ? ({ health: 'amber', outlook: `It works on until ${iso(token.accessExpiresAtMs)}.` } as const)
    : ({
        health: 'red',
        outlook: `Its access token ended at ${iso(token.accessExpiresAtMs)}; it stands still.`,
      } as const);

const TOKEN_JUDGES: Record<Standing, JudgeToken> = {
  fresh: () => null,
  retrying({ token }, nowMs) {
    const { health, outlook } = whileAccessLives(token, nowMs);
    const remedy = REMEDY_OF_FAILURE[token.lastAnswer ?? 'no-answer'] ?? REMEDY_OF_FAILURE['no-answer']!;
    return { code: 'refresh-fails', health, reason: `The access token cannot be refreshed. ${outlook}`, remedy };
  },
  doubted({ acdId, token }, nowMs) {
    const { health, outlook } = whileAccessLives(token, nowMs);
    const reason = `Webex refused the refresh token at ${iso(token.firstRefusedAtMs ?? token.sinceMs)}; it is believed when it is seen again. ${outlook}`;
    const remedy = `Find out what changed at Webex: ${causes}. If it stays: ${signInAgain(acdId)}`;
    return { code: 'refresh-token-refused-once', health, reason, remedy };
  },
  lost: ({ acdId }) => ({
    code: 'reauthorization-required',
    health: 'red',
    reason: `Webex refuses to refresh the authorization. Possible causes: ${causes}.`,
    remedy: signInAgain(acdId),
  }),
  ended: ({ acdId, token }) => ({
    code: 'refresh-token-ended',
    health: 'red',
    reason: `The refresh token ended at ${iso(token.refreshExpiresAtMs)}.`,
    remedy: signInAgain(acdId),
  }),
};

/** What is wrong with an ACD's authorization, the worst first. */
export function judgeAuthorization(facts: AuthorizationFacts, nowMs: number): Finding[] {
  const { acdId, method, token, authorization, changedAtMs } = facts;
  if (method === 'api-key') {
    if (authorization === 'authorized') return [];
    const reason = 'The connection has no API key, so nothing is read from Webex.';
    const remedy = `Send the API key with PATCH /v1/acds/${acdId}.`;
    return [{ code: 'not-authorized', health: 'red', sinceMs: changedAtMs, reason, remedy }];
  }
  if (!token) {
    const isNew = authorization === 'not-authorized';
    const reason = isNew
      ? 'Nobody has authorized the connection yet.'
      : 'The authorization was withdrawn with a change of the connection.';
    const code = isNew ? 'not-authorized' : 'reauthorization-required';
    return [{ code, health: 'red', sinceMs: changedAtMs, reason, remedy: signInAgain(acdId) }];
  }
  const found: (Finding | null)[] = [standingOf({ ...facts, token }, nowMs)];
  // A loss says more than that what it leads to has come.
  if (!found.some((one) => one?.health === 'red')) found.push(endedAccess(facts.acdId, token, nowMs));
  found.push(overdue(token, nowMs), endsSoon(acdId, token, nowMs));
  return found.filter((one) => one !== null).sort(worstFirst);
}

function standingOf(facts: AuthorizationFacts & { token: TokenHealthFacts }, nowMs: number): Finding | null {
  const judged = TOKEN_JUDGES[facts.token.standing](facts, nowMs);
  return judged && { ...judged, sinceMs: facts.token.sinceMs };
}

function endedAccess(acdId: string, { accessExpiresAtMs }: TokenHealthFacts, nowMs: number): Finding | null {
  if (accessExpiresAtMs > nowMs) return null;
  const reason = `The access token ended at ${iso(accessExpiresAtMs)} and was not refreshed.`;
  const remedy = `Look at the log of oauth for the ACD ${acdId}: no replica refreshes.`;
  return { code: 'access-token-ended', health: 'red', sinceMs: accessExpiresAtMs, reason, remedy };
}

function overdue({ nextRefreshAtMs, isRefreshing }: TokenHealthFacts, nowMs: number): Finding | null {
  if (nextRefreshAtMs === null || isRefreshing || nowMs - nextRefreshAtMs < OVERDUE_MS) return null;
  const reason = `The refresh that was due at ${iso(nextRefreshAtMs)} was not begun.`;
  const remedy = 'Look whether a replica of oauth runs and reaches Postgres.';
  return { code: 'refresh-overdue', health: 'amber', sinceMs: nextRefreshAtMs, reason, remedy };
}

function endsSoon(acdId: string, token: TokenHealthFacts, nowMs: number): Finding | null {
  const days = warningOf(token.refreshExpiresAtMs, nowMs);
  if (days === null) return null;
  const reason = `The refresh token ends within ${days} ${days === 1 ? 'day' : 'days'}, at ${iso(token.refreshExpiresAtMs)}.`;
  const sinceMs = token.refreshExpiresAtMs - days * 86_400_000;
  return { code: 'refresh-token-ends', health: 'amber', sinceMs, reason, remedy: signInAgain(acdId) };
}

/** The warning that stands (AUTH-05). */
export const standingWarning = (token: TokenHealthFacts | null, nowMs: number): WarningDays | null =>
  token && warningOf(token.refreshExpiresAtMs, nowMs);

/** How a state is shown: a refresh under way is one, whatever stood before. */
export function shownState(token: TokenHealthFacts | null): TokenState {
  if (!token) return 'none';
  return token.isRefreshing ? 'refreshing' : token.standing;
}

export type RoleState =
  | 'working'
  /** It works when there is something to do, and there was nothing yet. */
  | 'waiting'
  | 'late'
  | 'failing'
  | 'no-worker'
  | 'switched-off'
  /** The configuration asks for none of its work. */
  | 'not-needed'
  /** No service of this release speaks the variant's APIs in this role. */
  | 'not-available'
  /** The connection is not authorized, so nobody can work. */
  | 'blocked'
  /** What workers tell cannot be read now. */
  | 'unknown';

export interface RoleFacts {
  role: DataServerRole;
  variant: AcdVariant;
  /** Null: switched off. */
  dataServer: string | null;
  isNeeded: boolean;
  isAuthorized: boolean;
  /** How long ago its last success may be; null: it works when there is something to do. */
  everyMs: number | null;
  /** Since when it could have worked. */
  configuredAtMs: number;
  /** What its workers told; `unknown`: Redis is away. */
  told: { workers: number; report: RoleReport | undefined } | 'unknown';
}

export interface RoleJudgement {
  state: RoleState;
  finding: Finding | null;
}

/** A hitch that goes away by itself makes nobody run. */
const HITCH_MS = 15 * MINUTE_MS;
const LATE_TRY_MS = 10 * MINUTE_MS;

/** Without it contacts are not made (red), or something beside them (amber). */
const WITHOUT_WORKER: Record<DataServerRole, Finding['health']> = {
  capture: 'red',
  mediaImport: 'red',
  sync: 'amber',
  realTimeEvents: 'amber',
};

/** How one role does for one ACD. */
export function judgeRole(facts: RoleFacts, nowMs: number): RoleJudgement {
  const { role, dataServer, told } = facts;
  if (!facts.isNeeded) return { state: 'not-needed', finding: null };
  const unserved = whyNotServed(role, facts.variant);
  if (unserved) {
    return { state: 'not-available', finding: { ...unserved, health: WITHOUT_WORKER[role], sinceMs: null } };
  }
  if (dataServer === null) {
    const reason = `The role ${role} is switched off on its data server, so nobody works.`;
    const remedy = `Switch it on with PATCH /v1/data-servers/{id}, or assign the ACD to another data server.`;
    return {
      state: 'switched-off',
      finding: { code: 'nobody-serves', health: 'amber', sinceMs: null, reason, remedy },
    };
  }
  if (told === 'unknown') {
    const reason = `How the role ${role} does is not known: Redis, over which its workers tell, is away.`;
    const remedy = 'Bring Redis back; the work itself goes on without it.';
    return { state: 'unknown', finding: { code: 'role-unknown', health: 'amber', sinceMs: null, reason, remedy } };
  }
  const [flag] = flagsOfRole({ role, dataServer, enabled: true, acds: 1, liveWorkers: told.workers });
  if (flag) {
    const { code, remedy } = flag;
    const reason = `No worker of the data server ${dataServer} lives for the role ${role}.`;
    return { state: 'no-worker', finding: { code, health: WITHOUT_WORKER[role], sinceMs: null, reason, remedy } };
  }
  if (!facts.isAuthorized) return { state: 'blocked', finding: null };
  return judgeReport(facts, told.report, nowMs);
}

function judgeReport(facts: RoleFacts, report: RoleReport | undefined, nowMs: number): RoleJudgement {
  const { role, everyMs, configuredAtMs } = facts;
  if (report?.problem) {
    const sinceMs = report.problemSinceMs ?? report.reportedAtMs;
    const health = nowMs - sinceMs < HITCH_MS ? 'amber' : 'red';
    const remedy =
      report.remedy ?? 'It is tried again by itself; the log of the service that works in this role says more.';
    const reason = `${role}: ${report.problem}`;
    return { state: 'failing', finding: { code: 'role-fails', health, sinceMs, reason, remedy } };
  }
  const sinceMs = lateSinceMs({ report, everyMs, configuredAtMs }, nowMs);
  if (sinceMs !== null) {
    const last = report?.lastSuccessAtMs;
    const reason = `${role}: the last success was ${last ? `at ${iso(last)}` : 'never'}, and the next try has not come.`;
    const remedy = `Look at the log of the service that works in this role on the data server ${facts.dataServer}.`;
    return { state: 'late', finding: { code: 'role-late', health: 'amber', sinceMs, reason, remedy } };
  }
  return { state: report?.lastSuccessAtMs ? 'working' : 'waiting', finding: null };
}

/** Since when its work should have been done and was not; null: it is in time. */
function lateSinceMs(
  o: { report: RoleReport | undefined; everyMs: number | null; configuredAtMs: number },
  nowMs: number,
): number | null {
  const nextTryAtMs = o.report?.nextTryAtMs ?? null;
  if (nextTryAtMs !== null && nowMs - nextTryAtMs > LATE_TRY_MS) return nextTryAtMs;
  if (o.everyMs === null) return null;
  const dueAtMs = Math.max(o.report?.lastSuccessAtMs ?? 0, o.configuredAtMs) + o.everyMs;
  return nowMs > dueAtMs ? dueAtMs : null;
}

/** How long ago the last success of a role may be. Capture polls every minute or so; sync has its interval. */
export function expectedEveryMs(
  role: DataServerRole,
  acd: Pick<AcdChanged, 'synchronizationIntervalMinutes'>,
): number | null {
  if (role === 'capture') return 30 * MINUTE_MS;
  if (role === 'sync') return 3 * acd.synchronizationIntervalMinutes * MINUTE_MS;
  return null;
}

/** Whether the configuration of an ACD asks for a role's work at all. */
export function isRoleNeeded(
  role: DataServerRole,
  acd: Pick<AcdChanged, 'qualityManagement' | 'rteMessaging'>,
): boolean {
  if (role === 'realTimeEvents') return acd.rteMessaging;
  if (role === 'mediaImport') return acd.qualityManagement.enabled;
  return true;
}

export interface Verdict {
  health: Colour;
  sinceMs: number | null;
  reason: string;
  remedy: string | null;
  findings: Finding[];
}

/** The one answer: the worst that was found; green since the authorization is as it should be. */
export function verdictOf(findings: readonly Finding[], greenSinceMs: number): Verdict {
  const sorted = [...findings].sort(worstFirst);
  const [worst] = sorted;
  if (worst) return { ...pick(worst), findings: sorted };
  return { health: 'green', sinceMs: greenSinceMs, reason: 'The connection works.', remedy: null, findings: [] };
}

const pick = ({ health, sinceMs, reason, remedy }: Finding) => ({ health, sinceMs, reason, remedy });
const worstFirst = (a: Finding, b: Finding) => Number(b.health === 'red') - Number(a.health === 'red');
const iso = (ms: number) => new Date(ms).toISOString();
