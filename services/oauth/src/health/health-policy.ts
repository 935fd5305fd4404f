import type { AcdChanged } from '@wxcc-wfo/contracts';
import type { Standing, TokenEvent, TokenState } from '../tokens/token-machine-policy.ts';
import { CAUSES_OF_LOSS } from '../tokens/token-policy.ts';
import { type WarningDays, warningOf } from '../tokens/warning-policy.ts';
import type { Colour, Finding } from './finding.ts';

/** Whether a connection works, in one answer: green, amber or red, since when, why, and what to do. Pure. */

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
