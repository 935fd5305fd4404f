import type { Acd } from './acd.ts';
import type { DroppedCredential } from './credential-repository.ts';

/** What remains of a deleted ACD, and until when (ACD-01). */

export interface Remainder {
  what: string;
  /** Until when; null: for as long as `detail` says. */
  untilMs: number | null;
  detail: string;
}

/** How long the broker keeps events of topics that are not compacted (libs/bus). */
const TOPIC_RETENTION_MS = 7 * 24 * 3_600_000;

export function remaindersOf(o: {
  before: Acd;
  acd: Acd;
  dropped: DroppedCredential;
  withdrawn: boolean;
}): Remainder[] {
  const nowMs = o.acd.changedAtMs;
  const { accessExpiresAtMs, refreshExpiresAtMs } = o.dropped;
  return [
    {
      what: 'contacts-and-recordings',
      untilMs: null,
      detail: 'What was captured stays, and stays playable, until retention or an erasure takes it.',
    },
    {
      what: 'directory',
      untilMs: null,
      detail:
        'Users, teams and queues that were read from it stay as they are, with their roles and teams in WFO; they follow Webex no more.',
    },
    { what: 'audit-trail', untilMs: null, detail: 'GET /v1/audit-entries?acdId=… shows it; it is never deleted.' },
    {
      what: 'deletion-mark',
      untilMs: null,
      detail:
        'Its server id, its settings and that it is deleted, so that the deletion lasts, and what its last tokens and preflight did, without any secret. Nothing shows them any more, and the id is never given again.',
    },
    ...(o.before.clientRef === null ? [] : [subscriptions(accessExpiresAtMs)]),
    {
      what: 'events',
      untilMs: nowMs + TOPIC_RETENTION_MS,
      detail: 'Events about it stay in their topics for 7 days; in acd-changed its last one stays: deleted.',
    },
    ...(o.withdrawn
      ? []
      : [
          {
            what: 'hand-over-store',
            untilMs: accessExpiresAtMs,
            detail: 'Redis is away. Its sealed credential is taken back as soon as Redis is reached.',
          },
        ]),
    ...(refreshExpiresAtMs === null ? [] : [tokensAtWebex(refreshExpiresAtMs, o.before)]),
    ...(o.before.apiKey ? [keyAtWebex(o.before)] : []),
    ...(o.before.clientRef === null ? [] : [clientRecord(o.before.clientRef)]),
  ];
}

const subscriptions = (untilMs: number | null): Remainder => ({
  what: 'webhook-subscriptions',
  untilMs,
  detail:
    'capture and media-import take theirs back with their own copy of the access token, then forget that. Where Webex stays away until the token ends, Webex disables what nobody answers.',
});

const tokensAtWebex = (untilMs: number, acd: Acd): Remainder => ({
  what: 'tokens-at-webex',
  untilMs,
  detail: `The bridge has deleted its tokens. Webex would take them until they end; ${acd.username} can take the authorization back at Webex before.`,
});

const keyAtWebex = (acd: Acd): Remainder => ({
  what: 'api-key-at-the-provider',
  untilMs: null,
  detail: `The bridge has deleted its copy. The key of ${acd.username} works until the provider takes it back.`,
});

const clientRecord = (clientRef: string): Remainder => ({
  what: 'client-record',
  untilMs: null,
  detail: `The credentials of the Webex integration stay for other ACDs; DELETE /v1/clients/${clientRef} removes them.`,
});
