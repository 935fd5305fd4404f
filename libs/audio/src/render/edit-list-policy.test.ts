import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  buildEditList,
  type EditList,
  type EditListInput,
  InvalidEditList,
  type RecordingOnClock,
  type SilenceReason,
  validateEditList,
} from '../index.ts';

const T0 = 1_760_000_000_000;
const RATE = 8000;

function recording(
  recordingId: string,
  startMs: number,
  lengthMs: number,
  more: Partial<RecordingOnClock> = {},
): RecordingOnClock {
  const frames = (lengthMs * RATE) / 1000;
  return { recordingId, generation: 1, startMs, frames, sampleRateHz: RATE, channels: 2, priority: 1, ...more };
}

function build(input: Partial<EditListInput>): EditList {
  return buildEditList({
    windowStartMs: T0,
    windowEndMs: T0 + 10_000,
    sampleRateHz: RATE,
    channels: 2,
    recordings: [],
    silences: [],
    ...input,
  });
}

/** One line per piece, times in ms of the contact's clock. */
function told(list: EditList): string[] {
  return list.pieces.map((piece) => {
    const [start, end] = [piece.atFrame / 8, (piece.atFrame + piece.frames) / 8];
    return piece.kind === 'silence'
      ? `${start}-${end} ${piece.reason}`
      : `${start}-${end} ${piece.recordingId}/${piece.generation} from ${piece.fromFrame / 8}`;
  });
}

describe('SEG-01 a window cut from a recording', () => {
  it('begins within the recording', () => {
    const list = build({ recordings: [recording('main', T0 - 3000, 60_000)] });
    expect(list).toEqual({
      sampleRateHz: 8000,
      channels: 2,
      durationFrames: 80_000,
      pieces: [
        { kind: 'recording', atFrame: 0, frames: 80_000, recordingId: 'main', generation: 1, fromFrame: 24_000 },
      ],
    });
  });

  it('is silent where no recording is', () => {
    expect(told(build({ recordings: [recording('main', T0 + 1000, 4000)] }))).toEqual([
      '0-1000 no-recording',
      '1000-5000 main/1 from 0',
      '5000-10000 no-recording',
    ]);
    expect(told(build({}))).toEqual(['0-10000 no-recording']);
  });

  it('MED-04 is silent on hold and during a pause; the recording runs on below, the pause gives the reason', () => {
    const silences = [
      { startMs: T0 + 2000, endMs: T0 + 4000, reason: 'hold' as const },
      { startMs: T0 + 3000, endMs: T0 + 5000, reason: 'pause' as const },
    ];
    expect(told(build({ recordings: [recording('main', T0, 10_000)], silences }))).toEqual([
      '0-2000 main/1 from 0',
      '2000-3000 hold',
      '3000-5000 pause',
      '5000-10000 main/1 from 5000',
    ]);
  });

  it('MED-03 hears the higher priority where a segment file and the whole call overlap', () => {
    const recordings = [recording('whole', T0 - 1000, 20_000), recording('segment', T0 + 2000, 3000, { priority: 5 })];
    const expected = ['0-2000 whole/1 from 1000', '2000-5000 segment/1 from 0', '5000-10000 whole/1 from 6000'];
    expect(told(build({ recordings }))).toEqual(expected);
    expect(told(build({ recordings: recordings.toReversed() }))).toEqual(expected);
  });

  it('MED-03 hears a mono recording on both channels', () => {
    const [piece] = build({ recordings: [recording('consult', T0, 10_000, { channels: 1 })] }).pieces;
    expect(piece).toMatchObject({ recordingId: 'consult', channelMap: [0, 0] });
  });

  it('covers every frame that a silence touches, at a rate where milliseconds fall between frames', () => {
    const rate = 11_025;
    const list = build({
      windowStartMs: 0,
      windowEndMs: 1000,
      sampleRateHz: rate,
      recordings: [recording('r', 0, 0, { sampleRateHz: rate, frames: rate })],
      silences: [{ startMs: 1, endMs: 2, reason: 'pause' }],
    });
    // 1 ms is frame 11.025, 2 ms is frame 22.05: frames 11 to 22 touch it.
    expect(list.pieces.map(({ kind, atFrame, frames }) => [kind, atFrame, frames])).toEqual([
      ['recording', 0, 11],
      ['silence', 11, 12],
      ['recording', 23, 11_002],
    ]);
  });

  it('refuses what it could only guess at, all reasons at once', () => {
    const recordings = [recording('a', T0, 1000, { sampleRateHz: 16_000 }), recording('b', T0, 1000, { channels: 3 })];
    expect(() => build({ recordings })).toThrow(/a has 16000 Hz.*b has 3 channels/);
    expect(() => build({ windowEndMs: T0 - 1 })).toThrow(InvalidEditList);
  });

  it('makes an empty list of an empty window', () => {
    expect(build({ windowEndMs: T0 })).toMatchObject({ durationFrames: 0, pieces: [] });
  });
});

describe('properties of edit lists', () => {
  const rate = fc.constantFrom(8000, 11_025, 16_000, 44_100);
  const offsetMs = fc.integer({ min: -20_000, max: 20_000 });
  const recordings = fc.array(
    fc.record({
      startMs: offsetMs,
      frames: fc.nat(400_000),
      priority: fc.nat(2),
      generation: fc.nat(2),
      channels: fc.constantFrom(1, 2),
    }),
    { maxLength: 5 },
  );
  const silences = fc.array(
    fc.record({ startMs: offsetMs, lengthMs: fc.nat(10_000), reason: fc.constantFrom<SilenceReason>('hold', 'pause') }),
    { maxLength: 5 },
  );
  const any = fc
    .record({ rate, recordings, silences, cutsMs: fc.tuple(offsetMs, offsetMs, offsetMs) })
    .map(({ rate: sampleRateHz, cutsMs, ...rest }) => ({
      cutsMs: cutsMs.map((ms) => T0 + ms).sort((a, b) => a - b) as [number, number, number],
      base: {
        sampleRateHz,
        channels: 2,
        recordings: rest.recordings.map((r, i) => ({
          ...r,
          sampleRateHz,
          startMs: T0 + r.startMs,
          recordingId: `r${i}`,
        })),
        silences: rest.silences.map((s) => ({
          reason: s.reason,
          startMs: T0 + s.startMs,
          endMs: T0 + s.startMs + s.lengthMs,
        })),
      },
    }));

  /** What is heard at one frame of the contact's clock. */
  const heardAt = (list: EditList, frame: number): string => {
    const piece = list.pieces.find(({ atFrame, frames }) => atFrame <= frame && frame < atFrame + frames);
    if (piece === undefined) throw new Error(`Frame ${frame} is in no piece.`);
    return piece.kind === 'silence' ? piece.reason : `${piece.recordingId}@${piece.fromFrame + frame - piece.atFrame}`;
  };

  it('tile their window, are as long as it (± 1 frame), do not depend on the input’s order', () => {
    fc.assert(
      fc.property(any, ({ base, cutsMs: [windowStartMs, , windowEndMs] }) => {
        const list = buildEditList({ ...base, windowStartMs, windowEndMs });
        validateEditList(list);
        const exact = ((windowEndMs - windowStartMs) * base.sampleRateHz) / 1000;
        expect(Math.abs(list.durationFrames - exact)).toBeLessThanOrEqual(1);
        const turned = { recordings: base.recordings.toReversed(), silences: base.silences.toReversed() };
        expect(buildEditList({ ...base, ...turned, windowStartMs, windowEndMs })).toEqual(list);
      }),
      { numRuns: 300 },
    );
  });

  it('touching windows hear what one window over both hears, frame by frame', () => {
    fc.assert(
      fc.property(any, fc.nat(), ({ base, cutsMs: [a, b, c] }, seed) => {
        const first = buildEditList({ ...base, windowStartMs: a, windowEndMs: b });
        const second = buildEditList({ ...base, windowStartMs: b, windowEndMs: c });
        const both = buildEditList({ ...base, windowStartMs: a, windowEndMs: c });
        expect(first.durationFrames + second.durationFrames).toBe(both.durationFrames);
        const edges = both.pieces.flatMap(({ atFrame, frames }) => [atFrame, atFrame + frames - 1]);
        for (const frame of [
          ...edges,
          first.durationFrames - 1,
          first.durationFrames,
          seed % Math.max(1, both.durationFrames),
        ]) {
          if (frame < 0 || frame >= both.durationFrames) continue;
          const inFirst = frame < first.durationFrames;
          expect(inFirst ? heardAt(first, frame) : heardAt(second, frame - first.durationFrames)).toBe(
            heardAt(both, frame),
          );
        }
      }),
      { numRuns: 300 },
    );
  });

  it('MED-04 sound nowhere within a silence', () => {
    fc.assert(
      fc.property(any, ({ base, cutsMs: [windowStartMs, , windowEndMs] }) => {
        const list = buildEditList({ ...base, windowStartMs, windowEndMs });
        const originFrame = Math.floor((windowStartMs / 1000) * base.sampleRateHz);
        for (const piece of list.pieces) {
          if (piece.kind === 'silence') continue;
          const startS = (originFrame + piece.atFrame) / base.sampleRateHz;
          const endS = (originFrame + piece.atFrame + piece.frames) / base.sampleRateHz;
          for (const { startMs, endMs } of base.silences) {
            if (startMs === endMs) continue;
            // A millionth of a second for the division of epoch seconds; a frame is 23 millionths or more.
            expect(endS <= startMs / 1000 + 1e-6 || startS >= endMs / 1000 - 1e-6).toBe(true);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('validateEditList', () => {
  const silence = { kind: 'silence' as const, atFrame: 0, frames: 10, reason: 'hold' as const };
  const list = (pieces: EditList['pieces'], durationFrames = 10): EditList => ({
    sampleRateHz: 8000,
    channels: 2,
    durationFrames,
    pieces,
  });

  it.each<[string, EditList, string]>([
    ['a gap', list([silence, { ...silence, atFrame: 11 }], 21), 'pieces[1].atFrame is 11 where 10 is next'],
    ['an overlap', list([silence, { ...silence, atFrame: 9 }], 19), 'pieces[1].atFrame is 9 where 10 is next'],
    ['a short end', list([silence], 11), 'the pieces end at frame 10, durationFrames is 11'],
    ['an empty piece', list([{ ...silence, frames: 0 }], 0), 'pieces[0].frames is 0'],
    [
      'a wrong channel map',
      list([
        { kind: 'recording', atFrame: 0, frames: 10, recordingId: 'r', generation: 1, fromFrame: 0, channelMap: [0] },
      ]),
      'pieces[0].channelMap is [0]',
    ],
    [
      'a start before the recording',
      list([{ kind: 'recording', atFrame: 0, frames: 10, recordingId: 'r', generation: 1, fromFrame: -1 }]),
      'pieces[0].fromFrame is -1',
    ],
  ])('names %s', (_name, invalid, problem) => {
    expect(() => validateEditList(invalid)).toThrow(problem);
  });
});
