/** What of a user or team comes from the ACD; carried as a whole, because it belongs to one of its ids. */
export interface AcdFacts {
  /** The id that these facts are of. */
  acdKey: string | null;
  /** Whether that id is there and active. */
  alive: boolean;
}

/** What of a user is decided in WFO. */
export interface WfoSide {
  active: boolean;
  teamId: string;
  roleIds: readonly string[];
  windowsLogin: string | null;
  /** YYYY-MM-DD. */
  companyStartDate: string;
  departmentStartDate: string;
}

export interface MergeableUser<F extends AcdFacts = AcdFacts> {
  facts: F;
  wfo: WfoSide;
}

/** What a merge did to both, as it must be known to take it back. */
export interface UserMerge<F extends AcdFacts = AcdFacts> {
  survivorBefore: MergeableUser<F>;
  survivorAfter: MergeableUser<F>;
  mergedBefore: MergeableUser<F>;
  /** Ids of the ACD that went from the merged user to the survivor. */
  movedKeys: readonly string[];
}

/**
 * The surviving user of a merge (SYNC-07). Names and e-mail are those of the id that is alive in the ACD, the
 * survivor's own where both or none are. Of the WFO side:
 * activation is that of the user whose facts count; the team is the survivor's unless that is the default team; the
 * roles of both; the survivor's Windows login, else the other's; the earlier start dates.
 */
export function mergeUsers<F extends AcdFacts>(
  survivor: MergeableUser<F>,
  merged: MergeableUser<F>,
  o: { isDefaultTeam(teamId: string): boolean },
): MergeableUser<F> {
  const own = survivor.wfo;
  const other = merged.wfo;
  const takesOver = !survivor.facts.alive && merged.facts.alive;
  return {
    facts: takesOver ? merged.facts : survivor.facts,
    wfo: {
      active: takesOver ? other.active : own.active,
      teamId: o.isDefaultTeam(own.teamId) ? other.teamId : own.teamId,
      roleIds: union(own.roleIds, other.roleIds),
      windowsLogin: own.windowsLogin ?? other.windowsLogin,
      companyStartDate: earlier(own.companyStartDate, other.companyStartDate),
      departmentStartDate: earlier(own.departmentStartDate, other.departmentStartDate),
    },
  };
}

/** The merged user as it is kept: as it was, but inactive. */
export function retireUser<F extends AcdFacts>(merged: MergeableUser<F>): MergeableUser<F> {
  return { facts: merged.facts, wfo: { ...merged.wfo, active: false } };
}

/**
 * Both users after a merge was taken back: as before, plus what was changed since. What somebody changed on the
 * survivor in the meantime stays the survivor's; facts of the ACD that came meanwhile go to the user of their id.
 * Nobody is active whose id is gone from the ACD (SYNC-04).
 */
export function undoUserMerge<F extends AcdFacts>(
  merge: UserMerge<F>,
  survivorNow: MergeableUser<F>,
): { survivor: MergeableUser<F>; merged: MergeableUser<F> } {
  const { survivorBefore, survivorAfter, mergedBefore, movedKeys } = merge;
  const factsAreTheOthers = survivorNow.facts.acdKey !== null && movedKeys.includes(survivorNow.facts.acdKey);
  const [now, after, before] = [survivorNow.wfo, survivorAfter.wfo, survivorBefore.wfo];
  const back = <K extends Exclude<keyof WfoSide, 'roleIds'>>(field: K): WfoSide[K] =>
    now[field] === after[field] ? before[field] : now[field];
  const brought = new Set(after.roleIds.filter((role) => !before.roleIds.includes(role)));
  const survivorFacts = factsAreTheOthers ? survivorBefore.facts : survivorNow.facts;
  const mergedFacts = factsAreTheOthers ? survivorNow.facts : mergedBefore.facts;
  return {
    survivor: {
      facts: survivorFacts,
      wfo: {
        active: back('active') && survivorFacts.alive,
        teamId: back('teamId'),
        roleIds: now.roleIds.filter((role) => !brought.has(role)),
        windowsLogin: back('windowsLogin'),
        companyStartDate: back('companyStartDate'),
        departmentStartDate: back('departmentStartDate'),
      },
    },
    merged: {
      facts: mergedFacts,
      wfo: { ...mergedBefore.wfo, active: mergedBefore.wfo.active && mergedFacts.alive },
    },
  };
}

/** The surviving team: its name and id are those of the team that is alive in the ACD, its own where both or none are. */
export function mergeTeams<F extends AcdFacts>(survivor: F, merged: F): F {
  return !survivor.alive && merged.alive ? merged : survivor;
}

/** Both teams after a merge was taken back. */
export function undoTeamMerge<F extends AcdFacts>(
  merge: { survivorBefore: F; mergedBefore: F; movedKeys: readonly string[] },
  survivorNow: F,
): { survivor: F; merged: F } {
  const factsAreTheOthers = survivorNow.acdKey !== null && merge.movedKeys.includes(survivorNow.acdKey);
  return factsAreTheOthers
    ? { survivor: merge.survivorBefore, merged: survivorNow }
    : { survivor: survivorNow, merged: merge.mergedBefore };
}

const union = (one: readonly string[], two: readonly string[]) => [...new Set([...one, ...two])].sort();
const earlier = (one: string, two: string) => (one <= two ? one : two);
