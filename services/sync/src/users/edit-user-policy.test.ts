import { describe, expect, it } from '@jest/globals';
import { type EditContext, editUser, READ_ONLY_FIELDS, refuseReadOnly, type UserEdit } from './edit-user-policy.ts';

const [AGENT, LEAD] = ['role-agent', 'role-lead'];
const context = (changes: Partial<EditContext['user']> = {}, o: Partial<EditContext> = {}): EditContext => ({
  user: {
    active: true,
    activationBy: 'sync',
    teamId: 'team-1',
    roleIds: [AGENT],
    windowsLogin: null,
    companyStartDate: '2026-01-01',
    departmentStartDate: '2026-01-01',
    acdState: 'active',
    contactCenterEnabled: true,
    mergedIntoUserId: null,
    ...changes,
  },
  team: { mergedIntoTeamId: null, deleted: false },
  knownRoleIds: new Set([AGENT, LEAD]),
  agentRoleId: AGENT,
  ...o,
});

describe('SYNC-08 what is edited of a user', () => {
  it.each<[string, UserEdit, EditContext, object, string[]]>([
    ['a Windows login', { windowsLogin: ' C\\j ' }, context(), { windowsLogin: 'C\\j' }, ['windowsLogin']],
    [
      'no Windows login',
      { windowsLogin: null },
      context({ windowsLogin: 'C\\j' }),
      { windowsLogin: null },
      ['windowsLogin'],
    ],
    ['another team (SYNC-05)', { teamId: 'team-2' }, context(), { teamId: 'team-2' }, ['teamId']],
    ['more roles', { roleIds: [LEAD, AGENT] }, context(), { roleIds: [AGENT, LEAD] }, ['roleIds']],
    ['deactivation, by a person', { active: false }, context(), { active: false, activationBy: 'wfo' }, ['active']],
    ['activation', { active: true }, context({ active: false }), { active: true, activationBy: 'wfo' }, ['active']],
    [
      'deactivation of who was deleted there',
      { active: false },
      context({ active: false, acdState: 'deleted' }),
      { active: false, activationBy: 'sync' },
      [],
    ],
    ['nothing', {}, context(), { activationBy: 'sync' }, []],
    [
      'what it has already',
      { active: true, teamId: 'team-1', roleIds: [AGENT], windowsLogin: null },
      context(),
      {},
      [],
    ],
  ])('%s', (_, edit, given, after, changed) => {
    expect(editUser(edit, given)).toMatchObject({ ok: true, after, changed, warnings: [] });
  });

  it.each<[string, UserEdit, EditContext, string, string]>([
    [
      'activating who was deleted (SYNC-04)',
      { active: true },
      context({ active: false, acdState: 'deleted' }),
      'active',
      'deleted in the ACD',
    ],
    [
      'activating who is not active (SYNC-04)',
      { active: true },
      context({ active: false, acdState: 'not-active' }),
      'active',
      'Not Active',
    ],
    ['an unknown team', { teamId: 'team-9' }, context({}, { team: undefined }), 'teamId', 'no such team'],
    [
      'a deleted team',
      { teamId: 'team-9' },
      context({}, { team: { mergedIntoTeamId: null, deleted: true } }),
      'teamId',
      'no such team',
    ],
    [
      'a merged team',
      { teamId: 'team-9' },
      context({}, { team: { mergedIntoTeamId: 'team-2', deleted: false } }),
      'teamId',
      'merged into team-2',
    ],
    ['an unknown role', { roleIds: [AGENT, 'role-x'] }, context(), 'roleIds/1', 'no role role-x'],
    ['what is no login', { windowsLogin: 'C\\' }, context(), 'windowsLogin', 'user name is missing'],
  ])('refuses %s with field, reason and remedy', (_, edit, given, field, reason) => {
    expect(editUser(edit, given)).toEqual({
      ok: false,
      refusals: [{ field, reason: expect.stringContaining(reason), remedy: expect.any(String) }],
    });
  });

  it('names everything that is wrong at once', () => {
    const result = editUser(
      { active: true, windowsLogin: '', roleIds: ['x'] },
      context({ active: false, acdState: 'deleted' }),
    );
    expect(result.ok ? [] : result.refusals.map(({ field }) => field)).toEqual(['windowsLogin', 'active', 'roleIds/0']);
  });

  it('SYNC-03 takes the agent role of a contact-center enabled user, and warns that the next run gives it back', () => {
    const result = editUser({ roleIds: [LEAD] }, context());
    expect(result).toMatchObject({ ok: true, after: { roleIds: [LEAD] }, warnings: [{ field: 'roleIds' }] });
    expect(result.ok && result.warnings[0]!.reason).toContain('SYNC-03');
    expect(editUser({ roleIds: [] }, context({ contactCenterEnabled: false }))).toMatchObject({ warnings: [] });
    expect(editUser({ roleIds: [LEAD] }, context({ roleIds: [] }))).toMatchObject({ warnings: [] });
  });

  it.each(Object.keys(READ_ONLY_FIELDS))('refuses to change %s, saying why', (field) => {
    expect(refuseReadOnly({ [field]: null })).toEqual([
      { field, reason: expect.stringMatching(/^It is read-only: .{20}/), remedy: expect.stringContaining('Webex') },
    ]);
  });
});
