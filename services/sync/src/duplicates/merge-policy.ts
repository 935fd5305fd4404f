/** What of a user is decided in WFO. */
export interface WfoSide {
  active: boolean;
  /** Who said so: what a run deactivated a run brings back, what a person decided stays. */
  activationBy: 'sync' | 'wfo';
  teamId: string;
  roleIds: readonly string[];
  windowsLogin: string | null;
  /** YYYY-MM-DD. */
  companyStartDate: string;
  departmentStartDate: string;
}

/** A user as merging sees it: its WFO side, and whether its id is there and active in the ACD. */
export interface MergeableUser {
  alive: boolean;
  wfo: WfoSide;
}

/** What a merge did to both, as it must be known to take it back. */
export interface UserMerge {
  survivorBefore: MergeableUser;
  survivorAfter: MergeableUser;
  mergedBefore: MergeableUser;
}

/**
 * Whether the survivor takes over the other one's directory facts (ids, names, e-mail, state), giving its own in return:
 * it then goes on as the user, or team, that is alive in the ACD. Where both or none are it keeps its own.
 */
export function takesOver(survivor: { alive: boolean }, merged: { alive: boolean }): boolean {
  return !survivor.alive && merged.alive;
}

/**
 * The WFO side of the surviving user of a merge (SYNC-07): activation is that of the user whose directory facts count;
 * the team is the survivor's unless that is the default team; the roles are those of both; the Windows login is the
 * survivor's, else the other's; the start dates are the earlier ones. The other user keeps its own, but is inactive.
 */
export function mergeUsers(
  survivor: MergeableUser,
  merged: MergeableUser,
  o: { isDefaultTeam(teamId: string): boolean },
): MergeableUser {
  const [own, other] = [survivor.wfo, merged.wfo];
  const { active, activationBy } = takesOver(survivor, merged) ? other : own;
  return {
    alive: survivor.alive || merged.alive,
    wfo: {
      active,
      activationBy,
      teamId: o.isDefaultTeam(own.teamId) ? other.teamId : own.teamId,
      roleIds: [...new Set([...own.roleIds, ...other.roleIds])].sort(),
      windowsLogin: own.windowsLogin ?? other.windowsLogin,
      companyStartDate: earlier(own.companyStartDate, other.companyStartDate),
      departmentStartDate: earlier(own.departmentStartDate, other.departmentStartDate),
    },
  };
}

/**
 * The WFO sides of both users after a merge was taken back: as before, plus what was changed since. What somebody
 * changed on the survivor meanwhile stays the survivor's. Each has its own directory facts again, as they are by now:
 * nobody is active whose id is gone (SYNC-04), and who came back meanwhile is active again.
 * @param now the survivor's WFO side as it is, and whether each one's own id is alive now
 */
export function undoUserMerge(
  { survivorBefore, survivorAfter, mergedBefore }: UserMerge,
  now: { survivor: WfoSide; survivorAlive: boolean; mergedAlive: boolean },
): { survivor: WfoSide; merged: WfoSide } {
  const [current, after, before] = [now.survivor, survivorAfter.wfo, survivorBefore.wfo];
  const back = <K extends 'teamId' | 'windowsLogin' | 'companyStartDate' | 'departmentStartDate'>(field: K) =>
    current[field] === after[field] ? before[field] : current[field];
  const brought = new Set(after.roleIds.filter((role) => !before.roleIds.includes(role)));
  const isDecidedSince =
    current.activationBy === 'wfo' && (current.active !== after.active || after.activationBy !== 'wfo');
  return {
    survivor: {
      ...activation(isDecidedSince ? { alive: now.survivorAlive, wfo: current } : survivorBefore, now.survivorAlive),
      teamId: back('teamId'),
      roleIds: current.roleIds.filter((role) => !brought.has(role)),
      windowsLogin: back('windowsLogin'),
      companyStartDate: back('companyStartDate'),
      departmentStartDate: back('departmentStartDate'),
    },
    merged: { ...mergedBefore.wfo, ...activation(mergedBefore, now.mergedAlive) },
  };
}

/** Activation after the id went or came back since `then`, by the rules of a run. */
function activation(then: MergeableUser, isAlive: boolean): Pick<WfoSide, 'active' | 'activationBy'> {
  const { active, activationBy } = then.wfo;
  if (!isAlive && active) return { active: false, activationBy: 'sync' };
  if (isAlive && !then.alive && !active && activationBy === 'sync') return { active: true, activationBy };
  return { active, activationBy };
}

const earlier = (one: string, two: string) => (one <= two ? one : two);
