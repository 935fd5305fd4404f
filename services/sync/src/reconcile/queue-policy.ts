import { type Decision, differences, UNCHANGED } from './decision.ts';
import type { ItemState } from './team-policy.ts';

/** A queue, site, entry point or auxiliary code: a name and what else is told of it. */
export interface SeenItem {
  webexId: string;
  name: string;
  state: 'active' | 'inactive';
  fields: Record<string, string | number | boolean | null>;
}

export interface KnownItem {
  itemId: string;
  webexId: string;
  name: string;
  acdState: ItemState;
  fields: Record<string, string | number | boolean | null>;
}

/**
 * SYNC-05, queues: added and renamed follow; an inactive one is kept, marked, even if it was so when first seen, because
 * tasks of the past name it.
 */
export function reconcileItem(seen: SeenItem, known: KnownItem | null): Decision {
  const now = { name: seen.name, acdState: seen.state, ...seen.fields };
  if (!known) {
    return { kind: 'planned', change: 'add', reasons: ['new in the ACD (SYNC-05)'], before: null, after: now };
  }
  const was: Record<string, unknown> = { name: known.name, acdState: known.acdState, ...known.fields };
  const { before, after, isEmpty } = differences(was, now);
  if (isEmpty) return UNCHANGED;
  const isOnlyState = Object.keys(after).every((field) => field === 'acdState');
  const reasons = [
    ...(isOnlyState ? [] : ['renamed or changed in the ACD (SYNC-05)']),
    ...(seen.state === known.acdState ? [] : [`${seen.state} in the ACD (SYNC-05)`]),
  ];
  return { kind: 'planned', change: isOnlyState ? 'mark' : 'change', reasons, before, after };
}

/** SYNC-05: what a complete listing does not name is kept for history, marked. */
export function reconcileMissingItem(known: KnownItem): Decision {
  if (known.acdState === 'deleted') return UNCHANGED;
  const reasons = ['deleted in the ACD: kept for history (SYNC-05)'];
  const before = { acdState: known.acdState };
  return { kind: 'planned', change: 'mark', reasons, before, after: { acdState: 'deleted' } };
}
