import { describe, expect, it } from '@jest/globals';
import { ACTIVITY_KINDS, checkEvent, type RecordingAvailable, type TaskActivity, TOPICS } from '@wxcc-wfo/contracts';
import fc from 'fast-check';
import { ms, recordingId, row, seconds, segment, task } from '../../test/call-rows.ts';

/** Epoch ms that the contract allows: near the call, far before and far behind it. */
const anyMs = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: -5, max: 90 }).map(ms) },
  fc.constantFrom(946_684_800_000, 4_102_444_800_000),
);
const anyAgent = fc.option(
  fc.record({
    id: fc.constantFrom('A', 'B', 'C', '\u0001', '__proto__', '"'),
    name: fc.option(fc.constantFrom('', 'Zoë', '\ufffd', 'x'.repeat(500))),
    sessionId: fc.option(fc.constant('s')),
  }),
);

const oddActivity: fc.Arbitrary<TaskActivity> = fc.record({
  activityId: fc.integer({ min: 0, max: 40 }).map((n) => `row-${n}`),
  kind: fc.constantFrom(...ACTIVITY_KINDS),
  sourceEvent: fc.constant(''),
  startedAtMs: anyMs,
  endedAtMs: fc.option(anyMs),
  durationMs: fc.option(fc.nat()),
  agent: anyAgent,
  destinationAgent: anyAgent,
  queue: fc.constant(null),
  team: fc.constant(null),
  destinationQueueId: fc.constant(null),
  transferType: fc.constant(null),
  terminationReason: fc.constant(null),
});

const oddRecording: fc.Arbitrary<RecordingAvailable> = fc
  .record({
    n: fc.nat(4),
    generation: fc.integer({ min: 1, max: 3 }),
    startedAtMs: anyMs,
    endedAtMs: anyMs,
    leg: fc.constantFrom('main' as const, 'consult' as const, 'virtual-agent-main' as const),
    isSegment: fc.boolean(),
    sampleRateHz: fc.constantFrom(1_000, 8_000, 16_000, 44_100),
    channels: fc.integer({ min: 1, max: 3 }),
    frames: fc.oneof(fc.constant(0), fc.nat(1_000_000)),
  })
  .map(({ n, sampleRateHz, channels, frames, ...rest }) => ({
    tenantId: task([]).tenantId,
    acdId: task([]).acdId,
    taskId: task([]).taskId,
    recordingId: recordingId(n),
    storedAtMs: ms(0),
    format: {
      encoding: 'pcm-s16le' as const,
      sampleRateHz,
      channels,
      bytesPerFrame: 2 * channels,
      dataOffsetBytes: 44,
      frames,
    },
    channelRoles: [],
    participantAgentIds: [],
    sha256: '0'.repeat(64),
    sizeBytes: 0,
    storage: { path: 'a', sizeBytes: 0, encryption: 'tink-aes256-gcm-hkdf', segmentSizeBytes: 1_024 },
    ...rest,
  }));

describe('facts that no sane call has, but that the contract allows', () => {
  it('never stop segmenting; what comes out fits the contract, lasts some time and has an id of its own', () => {
    fc.assert(
      fc.property(
        fc.array(oddActivity, { maxLength: 25 }),
        fc.array(oddRecording, { maxLength: 5 }),
        anyMs,
        anyMs,
        (activities, recordings, createdAtMs, endedAtMs) => {
          const contacts = segment(task(activities, { createdAtMs, endedAtMs }), recordings).map((one) => one.contact);
          for (const contact of contacts) {
            expect(checkEvent(TOPICS.contactSegmented, contact)).toEqual({ ok: true, event: contact });
            expect(contact.endedAtMs).toBeGreaterThan(contact.startedAtMs);
          }
          expect(new Set(contacts.map(({ contactId }) => contactId)).size).toBe(contacts.length);
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['an end before its creation', { createdAtMs: ms(100), endedAtMs: ms(0) }],
    ['an end at its creation', { createdAtMs: ms(0), endedAtMs: ms(0) }],
  ])('a task with %s is told by its rows instead of by nobody', (_, clock) => {
    const rows = [row('connected', 10, 40, 'A'), row('ended', 40, 40)];
    const contacts = segment(task(rows, clock)).map(({ contact }) => contact);
    expect(contacts.map((one) => [one.agent.id, seconds(one.startedAtMs), seconds(one.endedAtMs)])).toEqual([
      ['A', 10, 40],
    ]);
  });

  it('the same task without an `ended` row ends with its last row', () => {
    const rows = [row('connected', 10, 40, 'A')];
    const [only] = segment(task(rows, { createdAtMs: ms(39), endedAtMs: ms(0) }));
    expect([seconds(only!.contact.startedAtMs), seconds(only!.contact.endedAtMs)]).toEqual([10, 40]);
  });
});
