import { type Change, type Decision, differences, NOT_IMPORTED, UNCHANGED } from './decision.ts';

/** What the directory says of a user. Null is "not told", which takes away nothing that is known. */
export interface SeenUser {
  webexId: string;
  /** The ACD id: the user's id in Webex Contact Center, its TID in 1.0. */
  acdUserId: string;
  identityId: string | null;
  externalId: string | null;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  contactCenterEnabled: boolean | null;
  state: 'active' | 'not-active' | null;
}

export interface UserFacts {
  acdUserId: string;
  identityId: string | null;
  externalId: string | null;
  firstName: string | null;
  lastName: string | null;
  email: string | null;
  contactCenterEnabled: boolean;
}

export type UserAcdState = 'active' | 'not-active' | 'deleted';

/** A WFO user as it is stored. */
export interface KnownUser extends UserFacts {
  itemId: string;
  webexId: string;
  acdState: UserAcdState;
  active: boolean;
  activationBy: 'sync' | 'wfo';
  roleIds: readonly string[];
  isMerged: boolean;
}

/** What the settings of the ACD say of new users, and the date of the run. */
export interface UserRules {
  activateNewUsers: boolean;
  defaultTeamId: string;
  agentRoleId: string;
  /** YYYY-MM-DD. */
  runDate: string;
}

type Transition = 'stays' | 'is deactivated' | 'comes back';

/** What becomes of a user that we know in the state of the row, when the directory says what the column says. */
const TRANSITIONS: Record<UserAcdState, Record<'active' | 'not-active' | 'missing', Transition>> = {
  active: { active: 'stays', 'not-active': 'is deactivated', missing: 'is deactivated' },
  'not-active': { active: 'comes back', 'not-active': 'stays', missing: 'is deactivated' },
  deleted: { active: 'comes back', 'not-active': 'is deactivated', missing: 'stays' },
};

/** SYNC-02, SYNC-03, SYNC-04, SYNC-08 for one user of a listing. */
export function reconcileUser(seen: SeenUser, known: KnownUser | null, rules: UserRules): Decision {
  if (!known) return seen.state === 'not-active' ? NOT_IMPORTED : addUser(seen, rules);
  const facts = differences<UserFacts>(known, followedFacts(seen, known));
  const state = seen.state ?? (known.acdState === 'deleted' ? 'active' : known.acdState);
  const reasons = facts.isEmpty ? [] : ['the directory’s data follow (SYNC-04)'];
  return settle(known, {
    state,
    reasons,
    before: facts.before,
    after: facts.after,
    agentRoleId: isDueAgentRole(seen, known, { state, rules }) ? rules.agentRoleId : null,
  });
}

/** SYNC-04 for a user that a complete listing does not name. */
export function reconcileMissingUser(known: KnownUser): Decision {
  return settle(known, { state: 'missing', reasons: [], before: {}, after: {}, agentRoleId: null });
}

function addUser(seen: SeenUser, rules: UserRules): Decision {
  const { webexId: _, state: __, ...facts } = seen;
  const enabled = seen.contactCenterEnabled ?? false;
  return {
    kind: 'planned',
    change: 'add',
    reasons: [enabled ? 'new user, contact-center enabled (SYNC-02)' : 'new user (SYNC-02)'],
    before: null,
    after: {
      ...facts,
      contactCenterEnabled: enabled,
      acdState: 'active',
      active: rules.activateNewUsers,
      teamId: rules.defaultTeamId,
      roleIds: enabled ? [rules.agentRoleId] : [],
      companyStartDate: rules.runDate,
      departmentStartDate: rules.runDate,
    },
  };
}

function followedFacts(seen: SeenUser, known: UserFacts): UserFacts {
  return {
    acdUserId: seen.acdUserId,
    identityId: seen.identityId ?? known.identityId,
    externalId: seen.externalId ?? known.externalId,
    firstName: seen.firstName ?? known.firstName,
    lastName: seen.lastName ?? known.lastName,
    email: seen.email ?? known.email,
    contactCenterEnabled: seen.contactCenterEnabled ?? known.contactCenterEnabled,
  };
}

function isDueAgentRole(
  seen: SeenUser,
  known: KnownUser,
  o: { state: 'active' | 'not-active'; rules: UserRules },
): boolean {
  const enabled = seen.contactCenterEnabled ?? known.contactCenterEnabled;
  return enabled && o.state === 'active' && !known.isMerged && !known.roleIds.includes(o.rules.agentRoleId);
}

function settle(
  known: KnownUser,
  o: {
    state: 'active' | 'not-active' | 'missing';
    reasons: string[];
    before: Partial<UserFacts>;
    after: Partial<UserFacts>;
    agentRoleId: string | null;
  },
): Decision {
  const before: Record<string, unknown> = { ...o.before };
  const after: Record<string, unknown> = { ...o.after };
  const reasons = [...o.reasons];
  let change: Change = 'change';
  const transition = TRANSITIONS[known.acdState][o.state];
  if (transition !== 'stays') {
    before.acdState = known.acdState;
    after.acdState = o.state === 'missing' ? 'deleted' : o.state;
    reasons.push(tellTransition(transition, o.state));
    // A person's word about activation outlives the directory's (SYNC-08), and a merged user stays out of use.
    const isDeactivated = transition === 'is deactivated' && known.active;
    const isRestored = transition === 'comes back' && !known.active && known.activationBy === 'sync' && !known.isMerged;
    change = isDeactivated ? 'deactivate' : isRestored ? 'reactivate' : 'mark';
    if (isDeactivated || isRestored) {
      before.active = known.active;
      after.active = isRestored;
    }
  }
  if (o.agentRoleId !== null) {
    before.roleIds = known.roleIds;
    after.roleIds = [...known.roleIds, o.agentRoleId];
    reasons.push('contact-center enabled: gets the agent role back (SYNC-03)');
  }
  return reasons.length === 0 ? UNCHANGED : { kind: 'planned', change, reasons, before, after };
}

function tellTransition(transition: Transition, state: 'active' | 'not-active' | 'missing'): string {
  if (transition === 'comes back') return 'restored in the ACD: the same user comes back (SYNC-04)';
  return state === 'missing' ? 'deleted in the ACD (SYNC-04)' : 'Not Active in the ACD (SYNC-04)';
}
