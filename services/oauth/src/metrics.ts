import { defineMetrics } from '@wxcc-wfo/service-kit';

/** What `oauth` measures; the README's runbook says what to do. */
export const oauthMetricsCatalogue = {
  oauth_authorizations_total: {
    kind: 'counter',
    unit: '{authorization}',
    help: 'Sign-ins that came back, by outcome: `authorized` or the code of the problem that the administrator was shown.',
    labels: ['outcome'],
  },
  oauth_token_refreshes_total: {
    kind: 'counter',
    unit: '{refresh}',
    help: 'Refreshes by outcome. `refused`: look for authorization-lost. `client-refused`: the client id or secret is wrong, of all its ACDs. `no-answer`: Webex or the way to it. `throttled`: Webex asks to slow down. `not-asked`: the client id’s budget is spent. `refresh-token-ended`: its life is over. `credentials-outdated`: the secret was replaced meanwhile, it is tried again at once. `overtaken`: a newer token came first, which is harmless.',
    labels: ['outcome'],
  },
  oauth_authorizations_lost_total: {
    kind: 'counter',
    unit: '{authorization}',
    help: 'ACDs that stopped because nobody can get a token any more. Every one needs its administrator to sign in again.',
    labels: ['code'],
  },
  oauth_handovers_total: {
    kind: 'counter',
    unit: '{token}',
    help: 'Access tokens for the hand-over store. `failed`: Redis is away, or a stored token does not open (see the log); the other services go on with their own copies.',
    labels: ['outcome'],
  },
  oauth_access_token_remaining_seconds: {
    kind: 'observed',
    unit: 's',
    help: 'How long the access token of an ACD is still good. Below a fifth of its life: refreshes fail. Below 0: that ACD stands still.',
    labels: ['acd_id'],
  },
  oauth_refresh_token_remaining_seconds: {
    kind: 'observed',
    unit: 's',
    help: 'How long the refresh token of an ACD is still good. Near 0: its administrator must sign in before it ends.',
    labels: ['acd_id'],
  },
  oauth_refresh_token_warning_days: {
    kind: 'observed',
    unit: 'd',
    help: 'The warning that stands for an ACD: its refresh token ends within 14, 7, 3 or 1 days (AUTH-05). No series: none does. Let its administrator sign in before.',
    labels: ['acd_id'],
  },
} as const;

export type OAuthMetrics = ReturnType<typeof createOAuthMetrics>;

export const createOAuthMetrics = () => defineMetrics(oauthMetricsCatalogue);
