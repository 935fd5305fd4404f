import { DATA_SERVER_ROLES } from '@wxcc-wfo/contracts';
import { type Static, type TSchema, Type } from 'typebox';
import { TOKEN_STATES } from '../tokens/token-machine-policy.ts';
import { WARNING_DAYS } from '../tokens/warning-policy.ts';
import type { Finding } from './finding.ts';
import type { ConnectionHealth, RoleHealth } from './read-health.ts';

/** Health as it is shown: what a console makes green, amber or red of. */

const OrNull = <S extends TSchema>(schema: S, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const when = (description: string) => OrNull(Type.String({ format: 'date-time' }), description);
const text = (description: string) => Type.String({ description });
const colours = ['green', 'amber', 'red'];
const roleStates = [
  'working',
  'waiting',
  'late',
  'failing',
  'no-worker',
  'switched-off',
  'not-needed',
  'not-available',
  'blocked',
  'unknown',
];

const FindingView = Type.Object({
  code: text('What it is, for programs.'),
  health: Type.String({ enum: ['amber', 'red'], description: 'How bad it is.' }),
  since: when('Since when; null: not known.'),
  reason: text('What happened.'),
  remedy: text('What to do next.'),
});

const AuthorizationView = Type.Object(
  {
    method: Type.String({ enum: ['oauth', 'api-key'], description: 'How Webex is asked.' }),
    state: text('not-authorized, authorized or reauthorization-required, as everybody is told.'),
    upkeep: Type.String({
      enum: [...TOKEN_STATES],
      description:
        'Of the tokens: none, fresh, refreshing, retrying (refreshes fail), doubted (refused once), lost (refused twice), ended.',
    }),
    since: when('Since when the tokens are in that state; a refresh under way aside.'),
    version: OrNull(Type.Integer(), 'Version of the token.'),
    signedInAt: when('When a person authorized it last.'),
    issuedAt: when('When the access token was given.'),
    ageSeconds: OrNull(Type.Integer(), 'How old the access token is.'),
    accessTokenExpiresAt: when('When the access token ends. Until then the connection works on.'),
    refreshTokenExpiresAt: when('When the refresh token ends. Until then the connection may heal by itself.'),
    refreshTokenDaysLeft: OrNull(Type.Number(), 'Days until then, with one decimal; 0 afterwards.'),
    warning: OrNull(
      Type.Object({
        days: Type.Integer({ enum: [...WARNING_DAYS], description: 'It ends within so many days (AUTH-05).' }),
        remedy: text('What to do next.'),
      }),
      'The warning that stands; null: none.',
    ),
    nextRefreshAt: when('When it is refreshed, or tried again; null: never.'),
    failures: Type.Integer({ description: 'Failed refreshes since the last one that worked.' }),
    lastFailure: OrNull(
      Type.Object({
        at: when('When.'),
        answer: OrNull(Type.String(), 'How Webex answered, for programs.'),
        reason: text('In words.'),
      }),
      'The last of them; null: the last refresh worked.',
    ),
  },
  { description: 'The authorization and its tokens.' },
);

const RoleView = Type.Object({
  role: Type.String({ enum: [...DATA_SERVER_ROLES], description: 'sync, capture, realTimeEvents or mediaImport.' }),
  state: Type.String({
    enum: roleStates,
    description:
      'working, waiting (nothing to do yet), late, failing, no-worker, switched-off, not-needed, not-available (for the connection variant), blocked (not authorized), unknown (Redis is away).',
  }),
  dataServer: OrNull(Type.String(), 'The data server that works; null: switched off.'),
  liveWorkers: OrNull(Type.Integer(), 'How many processes live that work; null: not known.'),
  lastSuccessAt: when('When its work succeeded last for this ACD; null: not known.'),
  nextTryAt: when('When it is done next, if that is known.'),
  problem: OrNull(Type.String(), 'Why it does not work now; null: it does, or it is not known.'),
});

const healthFields = {
  acdId: text('The server id of this connection.'),
  name: text('Its name.'),
  health: Type.String({
    enum: colours,
    description: 'green: it works. amber: it works, and somebody should look. red: it does not work.',
  }),
  since: when('Since when.'),
  reason: text('The worst that was found.'),
  remedy: OrNull(Type.String(), 'What to do about it; null: nothing.'),
  findings: Type.Array(FindingView, { description: 'All that was found, the worst first.' }),
  authorization: AuthorizationView,
  roles: Type.Array(RoleView, { description: 'How each role does (ACD-04).' }),
};

export const healthExample = {
  acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
  name: 'Contact centre',
  health: 'amber',
  since: '2026-01-15T09:00:00.000Z',
  reason: 'The refresh token ends within 7 days, at 2026-01-22T09:00:00.000Z.',
  remedy:
    'Ask for a new authorization URL with POST /v1/acds/3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01/authorization-requests and let the ACD’s administrator open it and sign in.',
  findings: [
    {
      code: 'refresh-token-ends',
      health: 'amber',
      since: '2026-01-15T09:00:00.000Z',
      reason: 'The refresh token ends within 7 days, at 2026-01-22T09:00:00.000Z.',
      remedy: 'Let the ACD’s administrator sign in again.',
    },
  ],
  authorization: {
    method: 'oauth',
    state: 'authorized',
    upkeep: 'fresh',
    since: '2025-11-23T09:00:00.000Z',
    version: 107,
    signedInAt: '2025-11-23T09:00:00.000Z',
    issuedAt: '2026-01-15T06:00:00.000Z',
    ageSeconds: 36000,
    accessTokenExpiresAt: '2026-01-29T06:00:00.000Z',
    refreshTokenExpiresAt: '2026-01-22T09:00:00.000Z',
    refreshTokenDaysLeft: 6.7,
    warning: { days: 7, remedy: 'Let the ACD’s administrator sign in again.' },
    nextRefreshAt: '2026-01-15T17:41:00.000Z',
    failures: 0,
    lastFailure: null,
  },
  roles: [
    {
      role: 'capture',
      state: 'working',
      dataServer: 'default',
      liveWorkers: 2,
      lastSuccessAt: '2026-01-15T15:59:30.000Z',
      nextTryAt: '2026-01-15T16:00:30.000Z',
      problem: null,
    },
  ],
};

export const HealthView = Type.Object(healthFields, {
  description: 'How a connection does.',
  examples: [healthExample],
});
export type HealthView = Static<typeof HealthView>;

export const HealthPage = Type.Object(
  {
    items: Type.Array(Type.Object(healthFields), { description: 'The connections of this page.' }),
    next: OrNull(Type.String(), 'The `after` of the next page; null at the end.'),
  },
  { description: 'A page in order of the names.', examples: [{ items: [healthExample], next: null }] },
);

/** @param ms epoch milliseconds */
export const iso = (ms: number | null | undefined): string | null => (ms == null ? null : new Date(ms).toISOString());

export function healthView(health: ConnectionHealth): HealthView {
  const { acd, verdict, roles } = health;
  return {
    acdId: acd.acdId,
    name: acd.name,
    health: verdict.health,
    since: iso(verdict.sinceMs),
    reason: verdict.reason,
    remedy: verdict.remedy,
    findings: verdict.findings.map(findingView),
    authorization: authorizationView(health),
    roles: roles.map(roleView),
  };
}

const findingView = ({ sinceMs, ...rest }: Finding) => ({ ...rest, since: iso(sinceMs) });

function authorizationView({ acd, token, tokenState, warningDays, verdict, atMs }: ConnectionHealth) {
  const warned = verdict.findings.find(({ code }) => code === 'refresh-token-ends');
  const leftMs = token && Math.max(0, token.refreshExpiresAtMs - atMs);
  return {
    method: acd.clientRef === null ? 'api-key' : 'oauth',
    state: acd.authorization,
    upkeep: tokenState,
    since: iso(token?.sinceMs),
    version: token?.version ?? null,
    signedInAt: iso(token?.signedInAtMs),
    issuedAt: iso(token?.issuedAtMs),
    ageSeconds: token && Math.max(0, Math.round((atMs - token.issuedAtMs) / 1_000)),
    accessTokenExpiresAt: iso(token?.accessExpiresAtMs),
    refreshTokenExpiresAt: iso(token?.refreshExpiresAtMs),
    refreshTokenDaysLeft: leftMs === null ? null : Math.floor(leftMs / 8_640_000) / 10,
    warning: warningDays === null || !warned ? null : { days: warningDays, remedy: warned.remedy },
    nextRefreshAt: iso(token?.nextRefreshAtMs),
    failures: token?.failures ?? 0,
    lastFailure:
      token?.lastFailure == null
        ? null
        : { at: iso(token.lastFailureAtMs), answer: token.lastAnswer, reason: token.lastFailure },
  };
}

function roleView({ role, state, dataServer, workers, report }: RoleHealth) {
  return {
    role,
    state,
    dataServer,
    liveWorkers: workers,
    lastSuccessAt: iso(report?.lastSuccessAtMs),
    nextTryAt: iso(report?.nextTryAtMs),
    problem: report?.problem ?? null,
  };
}
