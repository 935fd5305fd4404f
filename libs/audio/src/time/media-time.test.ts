import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { frameAtMs, frameFromMs, framesInWindow, mediaTime, mediaTimeFromMs, mediaTimeToMs } from '../index.ts';

const epochMs = fc.integer({ min: 0, max: 4_000_000_000_000 });
const rateHz = fc.constantFrom(8000, 11_025, 16_000, 22_050, 44_100, 48_000);

describe('media time', () => {
  it('rounds down, and up only where asked', () => {
    // 1 ms at 11025 Hz is 11.025 frames.
    expect([frameAtMs(1, 11_025), frameFromMs(1, 11_025)]).toEqual([11, 12]);
    expect([frameAtMs(-1, 11_025), frameFromMs(-1, 11_025)]).toEqual([-12, -11]);
    expect([frameAtMs(1000, 11_025), frameFromMs(1000, 11_025)]).toEqual([11_025, 11_025]);
  });

  it('is exact for epoch milliseconds, where ms × rate leaves the exact integers', () => {
    fc.assert(
      fc.property(epochMs, rateHz, (ms, rate) => {
        expect(BigInt(frameAtMs(ms, rate))).toBe((BigInt(ms) * BigInt(rate)) / 1000n);
      }),
    );
  });

  it('tiles: touching windows have together the frames of the whole, each off by less than one', () => {
    fc.assert(
      fc.property(epochMs, rateHz, fc.array(fc.nat(100_000), { minLength: 1 }), (startMs, rate, lengths) => {
        let atMs = startMs;
        let sum = 0;
        for (const lengthMs of lengths) {
          const frames = framesInWindow(atMs, atMs + lengthMs, rate);
          expect(Math.abs(frames - (lengthMs * rate) / 1000)).toBeLessThan(1);
          sum += frames;
          atMs += lengthMs;
        }
        expect(sum).toBe(framesInWindow(startMs, atMs, rate));
      }),
    );
  });

  it('keeps its rate, and refuses what is no count of frames', () => {
    expect(mediaTimeFromMs(1500, 8000)).toEqual({ frames: 12_000, sampleRateHz: 8000 });
    expect(mediaTimeToMs(mediaTime(12_007, 8000))).toBe(1500);
    expect(() => mediaTime(0.5, 8000)).toThrow('it is 0.5');
    expect(() => mediaTime(1, 0)).toThrow('positive');
    expect(() => frameAtMs(Number.NaN, 8000)).toThrow(RangeError);
  });
});
