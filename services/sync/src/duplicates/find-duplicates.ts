import type { SqlClient } from '@wxcc-wfo/service-kit';
import { type Suspicion, suspectTeam, suspectUser } from './duplicate-policy.ts';
import {
  type Compared,
  compareTeams,
  compareUsers,
  type SuspectedPair,
  storeDuplicates,
} from './duplicate-repository.ts';

export interface FindDuplicates {
  tenantId: string;
  acdId: string;
  runId: string | null;
  /** Users and teams that came or went with a run; some hundreds at once. */
  userIds: readonly string[];
  teamIds: readonly string[];
  nowMs: number;
}

/**
 * Looks for who users and teams that came or went might be as well (SYNC-07) and stores what it finds as candidates.
 * Costs some index look-ups for each, however many users there are. Gives how many candidates are new or changed.
 */
export async function findDuplicates(tx: SqlClient, o: FindDuplicates): Promise<number> {
  const users = o.userIds.length === 0 ? [] : await compareUsers(tx, o);
  const teams = o.teamIds.length === 0 ? [] : await compareTeams(tx, o);
  return (
    (await storeDuplicates(tx, { ...o, kind: 'user' }, suspectPairs(users, suspectUser))) +
    (await storeDuplicates(tx, { ...o, kind: 'team' }, suspectPairs(teams, suspectTeam)))
  );
}

/** Pairs that the policy suspects; two new ones that were compared both ways are one pair. */
function suspectPairs<F extends { id: string }>(
  compared: readonly Compared<F>[],
  suspect: (found: F, other: F) => Suspicion | undefined,
): SuspectedPair[] {
  const pairs = new Map<string, SuspectedPair>();
  for (const { found, other } of compared) {
    const suspicion = suspect(found, other);
    if (!suspicion) continue;
    const isOlder = found.createdAtMs - other.createdAtMs || (found.id < other.id ? -1 : 1);
    const [olderId, newerId] = isOlder < 0 ? [found.id, other.id] : [other.id, found.id];
    pairs.set(`${olderId}/${newerId}`, { olderId, newerId, ...suspicion });
  }
  return [...pairs.values()];
}
