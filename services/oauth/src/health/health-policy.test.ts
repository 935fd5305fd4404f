import { describe, expect, it } from '@jest/globals';
import {
  type AuthorizationFacts,
  judgeAuthorization,
  shownState,
  standingWarning,
  type TokenHealthFacts,
  verdictOf,
} from './health-policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-01-15T12:00:00Z');
const ACD = '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01';

const token: TokenHealthFacts = {
  standing: 'fresh',
  sinceMs: NOW - 30 * DAY,
  isRefreshing: false,
  accessExpiresAtMs: NOW + 13 * DAY,
  refreshExpiresAtMs: NOW + 60 * DAY,
  nextRefreshAtMs: NOW + HOUR,
  firstRefusedAtMs: null,
  lastAnswer: null,
};
const facts = (changes: Partial<AuthorizationFacts> = {}): AuthorizationFacts => ({
  acdId: ACD,
  method: 'oauth',
  authorization: 'authorized',
  changedAtMs: NOW - 2 * DAY,
  token,
  ...changes,
});
const withToken = (changes: Partial<TokenHealthFacts>, acd: Partial<AuthorizationFacts> = {}) =>
  judgeAuthorization(facts({ ...acd, token: { ...token, ...changes } }), NOW);
const shown = (findings: ReturnType<typeof judgeAuthorization>) =>
  findings.map(({ code, health, sinceMs }) => `${health} ${code} ${sinceMs === null ? '' : NOW - sinceMs}`);

describe('the health of an authorization', () => {
  it.each<[string, string[], ReturnType<typeof judgeAuthorization>]>([
    ['fresh', [], withToken({})],
    [
      'never authorized',
      [`red not-authorized ${2 * DAY}`],
      judgeAuthorization(facts({ authorization: 'not-authorized', token: null }), NOW),
    ],
    [
      'its tokens were dropped with a change',
      [`red reauthorization-required ${2 * DAY}`],
      judgeAuthorization(facts({ authorization: 'reauthorization-required', token: null }), NOW),
    ],
    [
      'refreshes fail, the access token lives',
      [`amber refresh-fails ${HOUR}`],
      withToken({ standing: 'retrying', sinceMs: NOW - HOUR, lastAnswer: 'no-answer' }),
    ],
    [
      'refreshes fail, the access token has ended',
      [`red refresh-fails ${HOUR}`],
      withToken({ standing: 'retrying', sinceMs: NOW - HOUR, accessExpiresAtMs: NOW }),
    ],
    [
      'refused once',
      [`amber refresh-token-refused-once ${MINUTE}`],
      withToken({ standing: 'doubted', sinceMs: NOW - MINUTE, firstRefusedAtMs: NOW - MINUTE }),
    ],
    [
      'lost, although the access token lives',
      [`red reauthorization-required ${DAY}`],
      withToken({ standing: 'lost', sinceMs: NOW - DAY }, { authorization: 'reauthorization-required' }),
    ],
    [
      'the refresh token ended',
      [`red refresh-token-ended ${DAY}`],
      withToken({ standing: 'ended', sinceMs: NOW - DAY, refreshExpiresAtMs: NOW - DAY, nextRefreshAtMs: null }),
    ],
    [
      'nobody refreshed',
      [`red access-token-ended ${HOUR}`, `amber refresh-overdue ${2 * DAY}`],
      withToken({ accessExpiresAtMs: NOW - HOUR, nextRefreshAtMs: NOW - 2 * DAY }),
    ],
    ['due, and begun within the ten minutes', [], withToken({ nextRefreshAtMs: NOW - 9 * MINUTE })],
    ['a refresh under way is not overdue', [], withToken({ nextRefreshAtMs: NOW - HOUR, isRefreshing: true })],
    [
      'AUTH-05 ends within 14 days',
      [`amber refresh-token-ends ${4 * DAY}`],
      withToken({ refreshExpiresAtMs: NOW + 10 * DAY }),
    ],
    [
      'AUTH-05 ends within a day, and is lost',
      [`red reauthorization-required ${DAY}`, `amber refresh-token-ends ${12 * HOUR}`],
      withToken({ standing: 'lost', sinceMs: NOW - DAY, refreshExpiresAtMs: NOW + 12 * HOUR }),
    ],
    ['an API key is there', [], judgeAuthorization(facts({ method: 'api-key', token: null }), NOW)],
    [
      'an API key is not there',
      [`red not-authorized ${2 * DAY}`],
      judgeAuthorization(facts({ method: 'api-key', authorization: 'not-authorized', token: null }), NOW),
    ],
  ])('%s: %j', (_, expected, findings) => {
    expect(shown(findings)).toEqual(expected);
    for (const { reason, remedy } of findings) {
      expect(reason).toMatch(/^[A-Z].*\.$/);
      expect(remedy).toMatch(/\.$/);
    }
  });

  it.each([
    ['no-answer', /status page/],
    ['throttled', /slow down/],
    ['not-asked', /budget/],
    ['client-refused', /client id and the secret/],
  ] as const)('says what helps when refreshes fail by %s', (lastAnswer, remedy) =>
    expect(withToken({ standing: 'retrying', lastAnswer })[0]!.remedy).toMatch(remedy),
  );

  it('AUTH-04 tells the guide’s causes of a loss, and where to sign in again', () => {
    const [lost] = withToken({ standing: 'lost' });
    for (const cause of ['e-mail address', 'deactivated', 'password', 'single sign-on', 'domain']) {
      expect(lost!.reason.toLowerCase()).toContain(cause);
    }
    expect(lost!.remedy).toContain(`POST /v1/acds/${ACD}/authorization-requests`);
  });

  it('shows a refresh under way, and the warning that stands', () => {
    expect([shownState(null), shownState(token), shownState({ ...token, isRefreshing: true })]).toEqual([
      'none',
      'fresh',
      'refreshing',
    ]);
    expect(standingWarning({ ...token, refreshExpiresAtMs: NOW + 2 * DAY }, NOW)).toBe(3);
    expect(standingWarning(null, NOW)).toBeNull();
  });
});

describe('the one answer', () => {
  const amber = { code: 'a', health: 'amber', sinceMs: 1, reason: 'A.', remedy: 'Do a.' } as const;
  const red = { code: 'r', health: 'red', sinceMs: 2, reason: 'R.', remedy: 'Do r.' } as const;
  it.each([
    [[], { health: 'green', sinceMs: 7, remedy: null }],
    [[amber], { health: 'amber', sinceMs: 1, reason: 'A.', remedy: 'Do a.' }],
    [[amber, red], { health: 'red', sinceMs: 2, reason: 'R.', findings: [red, amber] }],
  ])('of %j is the worst of them', (findings, expected) => expect(verdictOf(findings, 7)).toMatchObject(expected));
});
