import { type Decision, differences, NOT_IMPORTED, UNCHANGED } from './decision.ts';

export type ItemState = 'active' | 'inactive' | 'deleted';

/** What the directory says of a team, of either type. */
export interface SeenTeam {
  webexId: string;
  name: string;
  type: 'agent' | 'capacity' | 'unknown';
  state: 'active' | 'inactive';
}

/** A team of the ACD as it is stored; teams that were created in WFO no run ever sees. */
export interface KnownTeam {
  itemId: string;
  webexId: string;
  name: string;
  type: 'agent' | 'capacity' | 'unknown';
  acdState: ItemState;
}

/** SYNC-05: an active team is added with its name, a rename follows, all else leaves the team as it is, marked. */
export function reconcileTeam(seen: SeenTeam, known: KnownTeam | null): Decision {
  const { name, type, state } = seen;
  if (!known) {
    if (state === 'inactive') return NOT_IMPORTED;
    const reasons = ['new team (SYNC-05)'];
    return { kind: 'planned', change: 'add', reasons, before: null, after: { name, type, acdState: 'active' } };
  }
  return state === 'active' ? followTeam(seen, known) : markTeam(known, 'inactive');
}

/** SYNC-05 for a team that a complete listing does not name: it stays, with its users. */
export function reconcileMissingTeam(known: KnownTeam): Decision {
  return markTeam(known, 'deleted');
}

function followTeam(seen: SeenTeam, known: KnownTeam): Decision {
  const now: Partial<KnownTeam> = { name: seen.name, type: seen.type, acdState: 'active' };
  const { before, after, isEmpty } = differences(known, now);
  if (isEmpty) return UNCHANGED;
  const reasons = [
    ...(seen.name !== known.name ? ['renamed in the ACD (SYNC-05)'] : []),
    ...(seen.type !== known.type ? ['of another type in the ACD (SYNC-05)'] : []),
    ...(known.acdState !== 'active' ? ['active again in the ACD (SYNC-05)'] : []),
  ];
  const isOnlyState = seen.name === known.name && seen.type === known.type;
  return { kind: 'planned', change: isOnlyState ? 'mark' : 'change', reasons, before, after };
}

function markTeam(known: KnownTeam, acdState: ItemState): Decision {
  if (known.acdState === acdState) return UNCHANGED;
  const reasons = [`${acdState} in the ACD: the team stays as it is (SYNC-05)`];
  return { kind: 'planned', change: 'mark', reasons, before: { acdState: known.acdState }, after: { acdState } };
}
