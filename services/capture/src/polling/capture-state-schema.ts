import { Nullable } from '@wxcc-wfo/contracts';
import { type Static, Type } from 'typebox';

const Instant = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} UTC, ISO 8601.` });
const InstantOrNull = (description: string) =>
  Nullable(Type.String({ format: 'date-time' }), `${description} UTC, ISO 8601.`);

const STATES = [
  'deleted',
  'not-available',
  'switched-off',
  'not-authorized',
  'starting',
  'failing',
  'gaps',
  'running',
] as const;
export type CaptureStateName = (typeof STATES)[number];

const Gap = Type.Object({
  from: Instant('Its start, inclusive.'),
  to: Instant('Its end, exclusive.'),
  expectedTasks: Nullable(
    Type.Integer(),
    'How many tasks the ACD counts in it; null: not counted for this stretch alone.',
  ),
  seenTasks: Nullable(Type.Integer(), 'How many of them were read; null: not counted for this stretch alone.'),
  attempts: Type.Integer({ description: 'How often it was read without becoming whole.' }),
});

const Windows = Type.Object(
  {
    from: InstantOrNull('The earliest time in the ledger; null: nothing is read yet.'),
    to: InstantOrNull('The latest time in the ledger; null: nothing is read yet.'),
    accepted: Type.Integer({ description: 'Windows of the ledger that were read whole.' }),
    gaps: Type.Array(Gap, { description: 'Windows that are not proven to be read whole; the oldest 20.' }),
  },
  { description: 'The ledger of the time that was read.' },
);

const RefusedTask = Type.Object({
  taskId: Type.String({ description: 'Its id in Webex Contact Center.' }),
  reasons: Type.Array(Type.String(), { description: 'What is wrong with it, field by field.' }),
  readings: Type.Integer({ description: 'How often it was read like that.' }),
});

const Webhook = Type.Object({
  state: Type.String({ description: 'creating: Webex has not confirmed it yet. active: Webex calls.' }),
  checkedAt: Instant('When it was last compared with what Webex has.'),
  lastEventAt: InstantOrNull('When Webex last called; null: never.'),
  lastError: Nullable(Type.String(), 'Why the last check failed; null: it did not.'),
});

const LastError = Type.Object({
  code: Type.String({ description: 'Stable, for programs.' }),
  detail: Type.String({ description: 'What happened.' }),
  remedy: Type.String({ description: 'What to do about it.' }),
  at: Instant('When it last failed.'),
  since: Instant('When the first of these failures in a row was.'),
});

/** What capturing of one ACD has come to. */
export const CaptureStateBody = Type.Object(
  {
    acdId: Type.String({ format: 'uuid', description: 'The ACD.' }),
    state: Type.Unsafe<CaptureStateName>({
      type: 'string',
      enum: [...STATES],
      description:
        'not-available: this release does not capture its connection variant. switched-off: on its data server, nobody captures it. failing: the last poll failed. gaps: some time is not yet proven to be read whole.',
    }),
    hindrance: Nullable(
      Type.Object({
        reason: Type.String({ description: 'Why nothing is captured.' }),
        remedy: Type.String({ description: 'What to do about it.' }),
      }),
      'What keeps it from being captured as it is configured now; null: nothing. What fails is in lastError.',
    ),
    dataServer: Nullable(Type.String(), 'Whose workers capture it; null: it is switched off.'),
    lastPollAt: InstantOrNull('When it was last polled; null: never.'),
    lastSuccessAt: InstantOrNull('When a poll last succeeded; null: never.'),
    lagSeconds: Nullable(
      Type.Number(),
      'How far behind now the ledger of read time ends, in seconds; null: nothing is read yet.',
    ),
    windows: Windows,
    tasks: Type.Integer({ description: 'Ended tasks that are stored.' }),
    openHints: Type.Integer({ description: 'Webhooks whose task is not read yet.' }),
    refusedTasks: Type.Array(RefusedTask, {
      description: 'Tasks that cannot be published as they were read, so they are not stored; the latest 20.',
    }),
    webhook: Nullable(Webhook, 'Our subscription to ended tasks at Webex; null: there is none, polling does it all.'),
    lastError: Nullable(LastError, 'Why the last poll failed; null: it did not.'),
  },
  {
    description: 'How capturing of one ACD goes.',
    examples: [
      {
        acdId: '2b9d7a10-93c1-4d7e-8f00-4a52b1c30002',
        state: 'gaps',
        hindrance: null,
        dataServer: 'default',
        lastPollAt: '2026-03-02T09:05:00.000Z',
        lastSuccessAt: '2026-03-02T09:05:00.000Z',
        lagSeconds: 42.5,
        windows: {
          from: '2026-03-01T00:00:00.000Z',
          to: '2026-03-02T09:04:30.000Z',
          accepted: 14,
          gaps: [
            {
              from: '2026-03-02T08:30:00.000Z',
              to: '2026-03-02T08:40:00.000Z',
              expectedTasks: 212,
              seenTasks: 211,
              attempts: 2,
            },
          ],
        },
        tasks: 18_204,
        openHints: 0,
        refusedTasks: [
          {
            taskId: 'c4a1b2d3-0f5e-4b6a-9d8c-7e6f5a4b0009',
            reasons: ['activities/3/startedAtMs: is missing'],
            readings: 2,
          },
        ],
        webhook: {
          state: 'active',
          checkedAt: '2026-03-02T09:00:00.000Z',
          lastEventAt: '2026-03-02T09:04:51.000Z',
          lastError: null,
        },
        lastError: null,
      },
    ],
  },
);
export type CaptureStateBody = Static<typeof CaptureStateBody>;
