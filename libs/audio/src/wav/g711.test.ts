import { describe, expect, it } from '@jest/globals';
import { ALAW_TO_S16, MULAW_TO_S16, tableToS16, U8_TO_S16 } from '../index.ts';

describe('G.711 (ITU-T tables 1 and 2, scaled to 16 bits)', () => {
  it('decodes µ-law at its ends, around zero and at segment edges', () => {
    const expected: [number, number][] = [
      [0x80, 32_124],
      [0x00, -32_124],
      [0xff, 0],
      [0x7f, 0],
      [0xfe, 8],
      [0x7e, -8],
      [0xef, 132],
      [0x8f, 16_764],
    ];
    for (const [byte, sample] of expected) expect([byte, MULAW_TO_S16[byte]]).toEqual([byte, sample]);
  });

  it('decodes A-law at its ends, around zero and at segment edges', () => {
    const expected: [number, number][] = [
      [0xaa, 32_256],
      [0x2a, -32_256],
      [0xd5, 8],
      [0x55, -8],
      [0xda, 248],
      [0xc5, 264],
    ];
    for (const [byte, sample] of expected) expect([byte, ALAW_TO_S16[byte]]).toEqual([byte, sample]);
  });

  it('is symmetric: the sign bit alone turns the sample over', () => {
    for (let byte = 0; byte < 128; byte++) {
      expect(MULAW_TO_S16[byte]).toBe(0 - (MULAW_TO_S16[byte + 128] as number));
      expect(ALAW_TO_S16[byte]).toBe(-(ALAW_TO_S16[byte + 128] as number));
    }
  });

  it('centres 8-bit PCM on 128 and has no table for 16-bit PCM', () => {
    expect([U8_TO_S16[0], U8_TO_S16[128], U8_TO_S16[255]]).toEqual([-32_768, 0, 32_512]);
    expect(tableToS16('pcm-s16le')).toBeUndefined();
  });
});
