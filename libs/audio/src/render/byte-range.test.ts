import { describe, expect, it } from '@jest/globals';
import { contentRange, parseByteRange } from '../index.ts';

const range = (startByte: number, endByte: number) => ({ kind: 'range', startByte, endByte });
const WHOLE = { kind: 'whole' };
const UNSATISFIABLE = { kind: 'unsatisfiable' };

describe('SEG-10 byte ranges (RFC 9110 §14.1.2, §14.2)', () => {
  it.each([
    ['bytes=0-499', range(0, 500)],
    ['bytes=500-999', range(500, 1000)],
    ['bytes=9500-', range(9500, 10_000)],
    ['bytes=-500', range(9500, 10_000)],
    ['bytes=-20000', range(0, 10_000)],
    ['bytes=0-0', range(0, 1)],
    ['bytes=9999-20000', range(9999, 10_000)],
    ['Bytes = 0-1', range(0, 2)],
    [undefined, WHOLE],
    ['bytes=-', WHOLE],
    ['bytes=5-4', WHOLE],
    ['bytes=0-1,4-5', WHOLE],
    ['items=0-1', WHOLE],
    ['bytes=a-b', WHOLE],
    ['bytes=10000-', UNSATISFIABLE],
    ['bytes=-0', UNSATISFIABLE],
  ])('%s of 10000', (header, expected) => {
    expect(parseByteRange(header, 10_000)).toEqual(expected);
  });

  it('has nothing to give of an empty file', () => {
    expect(parseByteRange('bytes=0-', 0)).toEqual(UNSATISFIABLE);
    expect(parseByteRange('bytes=-1', 0)).toEqual(UNSATISFIABLE);
  });

  it('says what it gives', () => {
    expect(contentRange({ kind: 'range', startByte: 0, endByte: 500 }, 1234)).toBe('bytes 0-499/1234');
    expect(contentRange({ kind: 'unsatisfiable' }, 1234)).toBe('bytes */1234');
    expect(contentRange({ kind: 'whole' }, 1234)).toBeUndefined();
  });
});
