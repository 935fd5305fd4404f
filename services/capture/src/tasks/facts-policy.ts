/**
 * Whether a reading of a task replaces what is stored (architecture rule 6: facts never regress).
 *
 * Source time orders facts, arrival time never decides: what grew is accepted whenever it was read; what is equal in
 * size but different is accepted unless it was read earlier; what shrank needs a second, later reading that says the same.
 */

/** How much a reading says, and when it was asked for. */
export interface FactsMeasure {
  hash: string;
  lastActivityAtMs: number | null;
  activityCount: number;
  /** Facts that are not null. Fewer of them is a shrinking too, even with equal activities. */
  factCount: number;
  readAtMs: number;
}

/** A shrunken reading that waits for its confirmation. */
export interface PendingShrink {
  hash: string;
  readAtMs: number;
}

export type StoredMeasure = FactsMeasure & { pendingShrink: PendingShrink | null };

export type FactsDecision =
  | { kind: 'accept' }
  /** Same facts; `forgetShrink` when a held reading was thereby disproved, `touch` when the source's clock moved on. */
  | { kind: 'unchanged'; forgetShrink: boolean; touch: boolean }
  | { kind: 'hold'; pendingShrink: PendingShrink }
  | { kind: 'ignore'; reason: 'older-reading' | 'already-held' };

export function decideOnFacts(stored: StoredMeasure | null, read: FactsMeasure): FactsDecision {
  if (stored === null) return { kind: 'accept' };
  const isNewer = read.readAtMs > stored.readAtMs;
  if (read.hash === stored.hash) {
    const pending = stored.pendingShrink;
    return {
      kind: 'unchanged',
      forgetShrink: pending !== null && read.readAtMs > pending.readAtMs,
      touch: activityOf(read) > activityOf(stored),
    };
  }
  if (hasShrunk(stored, read)) return decideOnShrink(stored, read);
  if (hasGrown(stored, read) || isNewer) return { kind: 'accept' };
  return { kind: 'ignore', reason: 'older-reading' };
}

function decideOnShrink(stored: StoredMeasure, read: FactsMeasure): FactsDecision {
  if (read.readAtMs <= stored.readAtMs) return { kind: 'ignore', reason: 'older-reading' };
  const pending = stored.pendingShrink;
  if (pending !== null && read.readAtMs <= pending.readAtMs) return { kind: 'ignore', reason: 'already-held' };
  if (pending?.hash === read.hash) return { kind: 'accept' };
  return { kind: 'hold', pendingShrink: { hash: read.hash, readAtMs: read.readAtMs } };
}

const activityOf = (measure: FactsMeasure) => measure.lastActivityAtMs ?? 0;

const hasShrunk = (stored: FactsMeasure, read: FactsMeasure) =>
  activityOf(read) < activityOf(stored) ||
  read.activityCount < stored.activityCount ||
  read.factCount < stored.factCount;

/** Only called for what has not shrunk: then any larger activity measure proves a later state of the source. */
const hasGrown = (stored: FactsMeasure, read: FactsMeasure) =>
  activityOf(read) > activityOf(stored) || read.activityCount > stored.activityCount;
