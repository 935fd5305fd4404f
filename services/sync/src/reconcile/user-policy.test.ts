import { describe, expect, it } from '@jest/globals';
import { NOT_IMPORTED, UNCHANGED } from './decision.ts';
import { type KnownUser, reconcileMissingUser, reconcileUser, type SeenUser, type UserRules } from './user-policy.ts';

const AGENT = 'e1000000-0000-5000-8000-00000000000c';
const SUPERVISOR = 'e2000000-0000-5000-8000-00000000000d';
const rules: UserRules = {
  activateNewUsers: true,
  defaultTeamId: 'd1000000-0000-5000-8000-00000000000a',
  agentRoleId: AGENT,
  runDate: '2026-03-02',
};
const seen = (changes: Partial<SeenUser> = {}): SeenUser => ({
  webexId: 'w-1',
  acdUserId: 'w-1',
  identityId: 'ci-1',
  externalId: null,
  firstName: 'Ada',
  lastName: 'Example',
  email: 'ada@contoso.example',
  contactCenterEnabled: true,
  state: 'active',
  ...changes,
});
const known = (changes: Partial<KnownUser> = {}): KnownUser => ({
  itemId: 'f1000000-0000-5000-8000-00000000000d',
  webexId: 'w-1',
  acdUserId: 'w-1',
  identityId: 'ci-1',
  externalId: null,
  firstName: 'Ada',
  lastName: 'Example',
  email: 'ada@contoso.example',
  contactCenterEnabled: true,
  acdState: 'active',
  active: true,
  activationBy: 'sync',
  roleIds: [AGENT],
  isMerged: false,
  ...changes,
});
const deactivated = { acdState: 'not-active', active: false } as const;

describe('guide, Core Configuration Data for 1.0, Users', () => {
  it('SYNC-02 row “New user is added”: names, ACD id, start dates, default team, agent role', () => {
    expect(reconcileUser(seen(), null, rules)).toEqual({
      kind: 'planned',
      change: 'add',
      reasons: ['new user, contact-center enabled (SYNC-02)'],
      before: null,
      after: {
        acdUserId: 'w-1',
        identityId: 'ci-1',
        externalId: null,
        firstName: 'Ada',
        lastName: 'Example',
        email: 'ada@contoso.example',
        contactCenterEnabled: true,
        acdState: 'active',
        active: true,
        teamId: rules.defaultTeamId,
        roleIds: [AGENT],
        companyStartDate: '2026-03-02',
        departmentStartDate: '2026-03-02',
      },
    });
  });

  it('SYNC-02 row “New user is added”: the TID is the ACD id in 1.0', () => {
    const decision = reconcileUser(seen({ acdUserId: '4711' }), null, rules);
    expect(decision).toMatchObject({ change: 'add', after: { acdUserId: '4711' } });
  });

  it('SYNC-02 row “New user is added”, not contact-center enabled: no role', () => {
    const decision = reconcileUser(seen({ contactCenterEnabled: false }), null, rules);
    expect(decision).toMatchObject({ change: 'add', after: { roleIds: [] } });
  });

  it('SYNC-02 whether new users are active is a setting', () => {
    const decision = reconcileUser(seen(), null, { ...rules, activateNewUsers: false });
    expect(decision).toMatchObject({ change: 'add', after: { active: false, acdState: 'active' } });
  });

  it('SYNC-03 note “If you remove the agent role”: it is reassigned, beside the other roles', () => {
    expect(reconcileUser(seen(), known({ roleIds: [SUPERVISOR] }), rules)).toEqual({
      kind: 'planned',
      change: 'change',
      reasons: ['contact-center enabled: gets the agent role back (SYNC-03)'],
      before: { roleIds: [SUPERVISOR] },
      after: { roleIds: [SUPERVISOR, AGENT] },
    });
  });

  it('SYNC-03 a user who is not contact-center enabled gets no role, and keeps what it has', () => {
    const is = { contactCenterEnabled: false };
    expect(reconcileUser(seen(is), known({ ...is, roleIds: [] }), rules)).toBe(UNCHANGED);
    expect(reconcileUser(seen(is), known({ ...is, roleIds: [AGENT] }), rules)).toBe(UNCHANGED);
  });

  it('SYNC-03 who becomes contact-center enabled gets the agent role', () => {
    const decision = reconcileUser(seen(), known({ contactCenterEnabled: false, roleIds: [] }), rules);
    expect(decision).toMatchObject({
      change: 'change',
      before: { contactCenterEnabled: false, roleIds: [] },
      after: { contactCenterEnabled: true, roleIds: [AGENT] },
    });
  });

  it('SYNC-04 row “User’s first or last name is changed”: it is changed', () => {
    const decision = reconcileUser(seen({ firstName: 'Augusta', lastName: 'King' }), known(), rules);
    expect(decision).toEqual({
      kind: 'planned',
      change: 'change',
      reasons: ['the directory’s data follow (SYNC-04)'],
      before: { firstName: 'Ada', lastName: 'Example' },
      after: { firstName: 'Augusta', lastName: 'King' },
    });
  });

  it('SYNC-04 what a listing leaves out takes nothing away', () => {
    const untold = { firstName: null, lastName: null, email: null, identityId: null, contactCenterEnabled: null };
    expect(reconcileUser(seen({ ...untold, state: null }), known(), rules)).toBe(UNCHANGED);
  });

  it('SYNC-04 row “User is deleted”: the user is deactivated', () => {
    expect(reconcileMissingUser(known())).toEqual({
      kind: 'planned',
      change: 'deactivate',
      reasons: ['deleted in the ACD (SYNC-04)'],
      before: { acdState: 'active', active: true },
      after: { acdState: 'deleted', active: false },
    });
  });

  it('SYNC-04 note “Users with a Not Active status … are not imported”', () => {
    expect(reconcileUser(seen({ state: 'not-active' }), null, rules)).toBe(NOT_IMPORTED);
  });

  it('SYNC-04 an imported user that turns Not Active is deactivated', () => {
    expect(reconcileUser(seen({ state: 'not-active' }), known(), rules)).toMatchObject({
      change: 'deactivate',
      after: { acdState: 'not-active', active: false },
    });
  });

  it.each(['not-active', 'deleted'] as const)(
    'SYNC-04 note “unless they are restored”: the same user comes back from %s',
    (acdState) => {
      expect(reconcileUser(seen(), known({ ...deactivated, acdState }), rules)).toEqual({
        kind: 'planned',
        change: 'reactivate',
        reasons: ['restored in the ACD: the same user comes back (SYNC-04)'],
        before: { acdState, active: false },
        after: { acdState: 'active', active: true },
      });
    },
  );

  it('SYNC-08 whom a person deactivated stays so, also when the ACD deletes and restores the user', () => {
    const byHand = { active: false, activationBy: 'wfo' } as const;
    expect(reconcileUser(seen(), known(byHand), rules)).toBe(UNCHANGED);
    const gone = reconcileMissingUser(known(byHand));
    expect(gone).toMatchObject({ change: 'mark', after: { acdState: 'deleted' } });
    const back = reconcileUser(seen(), known({ ...byHand, acdState: 'deleted' }), rules);
    expect(back).toMatchObject({ change: 'mark', after: { acdState: 'active' } });
    for (const decision of [gone, back]) expect(decision).not.toHaveProperty('after.active');
  });

  it('SYNC-08 no run names Windows login, team or start dates of a known user', () => {
    const decisions = [
      reconcileUser(seen({ firstName: 'New' }), known({ ...deactivated, roleIds: [] }), rules),
      reconcileUser(seen({ state: 'not-active' }), known(), rules),
      reconcileMissingUser(known()),
    ];
    for (const decision of decisions) {
      for (const field of ['windowsLogin', 'teamId', 'companyStartDate', 'departmentStartDate']) {
        expect(decision).not.toHaveProperty(`after.${field}`);
      }
    }
  });

  it('SYNC-07 a merged user is marked and never put to use again', () => {
    const merged = known({ ...deactivated, acdState: 'deleted', isMerged: true, roleIds: [] });
    expect(reconcileUser(seen(), merged, rules)).toMatchObject({ change: 'mark', after: { acdState: 'active' } });
  });

  it('SYNC-02 an ACD that goes from 1.0 to 2.0 doubles nobody: the TID gives way to the id', () => {
    expect(reconcileUser(seen(), known({ acdUserId: '4711' }), rules)).toMatchObject({
      change: 'change',
      before: { acdUserId: '4711' },
      after: { acdUserId: 'w-1' },
    });
  });

  it('SYNC-01 who is as known is unchanged; who is known to be gone stays gone', () => {
    expect(reconcileUser(seen(), known(), rules)).toBe(UNCHANGED);
    expect(reconcileUser(seen({ state: 'not-active' }), known(deactivated), rules)).toBe(UNCHANGED);
    expect(reconcileMissingUser(known({ ...deactivated, acdState: 'deleted' }))).toBe(UNCHANGED);
  });
});
