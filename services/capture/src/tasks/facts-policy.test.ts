import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideOnFacts, type FactsMeasure, type StoredMeasure } from './facts-policy.ts';

const stored: StoredMeasure = {
  hash: 'a',
  lastActivityAtMs: 1_000,
  activityCount: 5,
  factCount: 50,
  readAtMs: 10_000,
  pendingShrink: null,
};
const read = (changes: Partial<FactsMeasure>): FactsMeasure => ({ ...stored, readAtMs: 20_000, ...changes });

describe('decideOnFacts (rule 6: facts never regress)', () => {
  it('accepts the first reading', () => expect(decideOnFacts(null, read({}))).toEqual({ kind: 'accept' }));

  it('publishes nothing for equal facts, however often they are read', () => {
    const unchanged = { kind: 'unchanged', forgetShrink: false, touch: false };
    expect(decideOnFacts(stored, read({}))).toEqual(unchanged);
    expect(decideOnFacts(stored, read({ lastActivityAtMs: 2_000 }))).toEqual({ ...unchanged, touch: true });
  });

  it('accepts what grew, even when it was asked for earlier: source time orders facts', () => {
    expect(decideOnFacts(stored, read({ hash: 'b', activityCount: 6, readAtMs: 1 }))).toEqual({ kind: 'accept' });
    expect(decideOnFacts(stored, read({ hash: 'b', lastActivityAtMs: 1_001, readAtMs: 1 }))).toEqual({
      kind: 'accept',
    });
  });

  it('accepts a correction of equal size only from a later reading', () => {
    expect(decideOnFacts(stored, read({ hash: 'b' }))).toEqual({ kind: 'accept' });
    const older = { kind: 'ignore', reason: 'older-reading' };
    expect(decideOnFacts(stored, read({ hash: 'b', readAtMs: 10_000 }))).toEqual(older);
  });

  it.each([{ activityCount: 4 }, { lastActivityAtMs: 999 }, { factCount: 49 }, { lastActivityAtMs: null }])(
    'holds what shrank (%j) until a second, later reading says the same',
    (smaller) => {
      const shrunk = read({ hash: 'b', ...smaller });
      const pendingShrink = { hash: 'b', readAtMs: 20_000 };
      expect(decideOnFacts(stored, shrunk)).toEqual({ kind: 'hold', pendingShrink });
      const held = { ...stored, pendingShrink };
      expect(decideOnFacts(held, shrunk)).toEqual({ kind: 'ignore', reason: 'already-held' });
      expect(decideOnFacts(held, { ...shrunk, readAtMs: 30_000 })).toEqual({ kind: 'accept' });
      const other = { ...shrunk, hash: 'c', readAtMs: 30_000 };
      expect(decideOnFacts(held, other)).toEqual({ kind: 'hold', pendingShrink: { hash: 'c', readAtMs: 30_000 } });
      expect(decideOnFacts(stored, { ...shrunk, readAtMs: 9_999 })).toEqual({
        kind: 'ignore',
        reason: 'older-reading',
      });
    },
  );

  it('forgets a held reading that a later one disproves', () => {
    const held = { ...stored, pendingShrink: { hash: 'b', readAtMs: 15_000 } };
    expect(decideOnFacts(held, read({}))).toMatchObject({ kind: 'unchanged', forgetShrink: true });
    expect(decideOnFacts(held, read({ readAtMs: 14_000 }))).toMatchObject({ kind: 'unchanged', forgetShrink: false });
  });

  it('property: one reading alone never makes the stored facts smaller', () => {
    const measure = fc.record({
      hash: fc.constantFrom('a', 'b', 'c'),
      lastActivityAtMs: fc.option(fc.nat({ max: 5 }), { nil: null }),
      activityCount: fc.nat({ max: 5 }),
      factCount: fc.nat({ max: 5 }),
      readAtMs: fc.nat({ max: 10 }),
    });
    fc.assert(
      fc.property(measure, measure, (first, second) => {
        const decision = decideOnFacts({ ...first, pendingShrink: null }, second);
        if (decision.kind !== 'accept') return;
        expect(second.lastActivityAtMs ?? 0).toBeGreaterThanOrEqual(first.lastActivityAtMs ?? 0);
        expect(second.activityCount).toBeGreaterThanOrEqual(first.activityCount);
        expect(second.factCount).toBeGreaterThanOrEqual(first.factCount);
      }),
    );
  });
});
