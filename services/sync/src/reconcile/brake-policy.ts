export interface BrakeJudgement {
  /** Active users before the run. */
  activeUsers: number;
  /** Of them, how many the run would deactivate. */
  deactivations: number;
  share: number;
  limit: number;
  isHeld: boolean;
}

/** SYNC-06: a run that would deactivate more than the set share of the active users waits for a person. */
export function judgeBrake(o: { activeUsers: number; deactivations: number; limit: number }): BrakeJudgement {
  const share = o.activeUsers === 0 ? 0 : o.deactivations / o.activeUsers;
  return { ...o, share, isHeld: o.deactivations > 0 && share > o.limit };
}
