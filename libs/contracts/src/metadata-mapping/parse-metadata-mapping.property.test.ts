import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  formatMetadataMapping,
  GLOBAL_VARIABLE_TYPES,
  MAPPED_CALL_TYPES,
  parseMetadataMapping,
  SAMPLE_REQUEST_OPTIONS,
} from './index.ts';
import { slipsBetween } from './nearest.ts';

const accepted = fc.oneof(
  fc.constantFrom(...SAMPLE_REQUEST_OPTIONS, ...MAPPED_CALL_TYPES),
  fc
    .tuple(
      fc.constantFrom('task', 'taskDetails'),
      fc.stringMatching(/^[A-Za-z0-9_-]{1,80}$/),
      fc.constantFrom(...GLOBAL_VARIABLE_TYPES),
    )
    .map(([prefix, name, type]) => `${prefix}.${name}:${type}`),
);
/** Accepted names with something put in, taken out or exchanged, and texts of any kind. */
const anything = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string().map((text) => `task.${text}`),
  fc
    .tuple(accepted, fc.nat(100), fc.nat(3), fc.string({ maxLength: 3 }))
    .map(
      ([name, at, length, put]) =>
        name.slice(0, at % (name.length + 1)) + put + name.slice((at % (name.length + 1)) + length),
    ),
);

describe('CAP-04 properties of the grammar', () => {
  it('CAP-04 every accepted name round-trips', () => {
    fc.assert(
      fc.property(fc.oneof(accepted, anything), (name) => {
        const result = parseMetadataMapping(name);
        if (result.ok) expect(formatMetadataMapping(result.mapping)).toBe(name);
      }),
      { numRuns: 1000 },
    );
  });

  it('CAP-04 it accepts what the grammar says', () => {
    fc.assert(fc.property(accepted, (name) => expect(parseMetadataMapping(name).ok).toBe(true)));
  });

  it('CAP-04 it never throws; each refusal has a reason, a position within or right behind the name, and a suggestion only where that is accepted', () => {
    fc.assert(
      fc.property(anything, (name) => {
        const result = parseMetadataMapping(name);
        if (result.ok) return;
        expect(result.reason).not.toBe('');
        expect(result.position).toBeGreaterThanOrEqual(1);
        expect(result.position).toBeLessThanOrEqual(name.length + 1);
        if (result.suggestion !== undefined) expect(parseMetadataMapping(result.suggestion).ok).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('CAP-04 a blank anywhere is refused, except in "Customer segment"', () => {
    const blank = fc.constantFrom(' ', '\t', '\n', '\u00a0', '\u3000');
    fc.assert(
      fc.property(accepted, fc.nat(100), blank, (name, at, space) => {
        const i = at % (name.length + 1);
        expect(parseMetadataMapping(name.slice(0, i) + space + name.slice(i)).ok).toBe(false);
      }),
    );
  });

  it('CAP-04 the distance of near misses is bounded and symmetric', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 });
    fc.assert(
      fc.property(word, word, fc.nat(4), (a, b, most) => {
        const slips = slipsBetween(a, b, most);
        expect(slipsBetween(b, a, most)).toBe(slips);
        if (slips !== undefined) expect(slips).toBeLessThanOrEqual(most);
        expect(slips === 0).toBe(a === b);
      }),
    );
  });
});
