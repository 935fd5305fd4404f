import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type MergeableUser, mergeUsers, takesOver, undoUserMerge, type WfoSide } from './merge-policy.ts';

const isDefaultTeam = (teamId: string) => teamId === 'default';
const side = (changes: Partial<WfoSide> = {}): WfoSide => ({
  active: true,
  activationBy: 'sync',
  teamId: 'default',
  roleIds: ['agent'],
  windowsLogin: null,
  companyStartDate: '2026-01-01',
  departmentStartDate: '2026-01-01',
  ...changes,
});
const there = (changes: Partial<WfoSide> = {}): MergeableUser => ({ alive: true, wfo: side(changes) });
const gone = (changes: Partial<WfoSide> = {}): MergeableUser => ({
  alive: false,
  wfo: side({ active: false, ...changes }),
});
const byHand = { active: false, activationBy: 'wfo' } as const;

describe('SYNC-07 merging users', () => {
  it('the guide’s case: the old id is gone, the new one is there: directory and activation of the new, the rest of the old', () => {
    const old = gone({ teamId: 'sales', roleIds: ['agent', 'lead'], windowsLogin: 'C\\j' });
    const fresh = there({ companyStartDate: '2026-11-20', departmentStartDate: '2026-11-20' });
    expect(takesOver(old, fresh)).toBe(true);
    expect(mergeUsers(old, fresh, { isDefaultTeam })).toEqual({
      alive: true,
      wfo: side({ teamId: 'sales', roleIds: ['agent', 'lead'], windowsLogin: 'C\\j' }),
    });
  });

  it.each<[string, MergeableUser, MergeableUser, Partial<WfoSide>]>([
    ['both there', there(), there(), { active: true }],
    ['both there, the survivor deactivated by hand: stays so', there(byHand), there(), byHand],
    ['both gone', gone(), gone(), { active: false }],
    ['the one that is there was deactivated by hand', gone(), there(byHand), byHand],
    ['the default team gives way', there(), there({ teamId: 'x' }), { teamId: 'x' }],
    ['another team does not', there({ teamId: 'y' }), there({ teamId: 'x' }), { teamId: 'y' }],
    ['the only Windows login is kept', there(), there({ windowsLogin: 'C\\b' }), { windowsLogin: 'C\\b' }],
    [
      'the survivor’s Windows login wins',
      there({ windowsLogin: 'C\\a' }),
      there({ windowsLogin: 'C\\b' }),
      { windowsLogin: 'C\\a' },
    ],
    ['the roles of both', there({ roleIds: ['r'] }), there({ roleIds: ['r', 'q'] }), { roleIds: ['q', 'r'] }],
    [
      'the earlier dates',
      there({ companyStartDate: '2026-05-01' }),
      there({ departmentStartDate: '2025-12-31' }),
      { companyStartDate: '2026-01-01', departmentStartDate: '2025-12-31' },
    ],
  ])('%s', (_, survivor, merged, expected) => {
    expect(mergeUsers(survivor, merged, { isDefaultTeam }).wfo).toMatchObject(expected);
  });

  it('takes directory facts over only from the dead to the living', () => {
    expect([takesOver(there(), gone()), takesOver(there(), there()), takesOver(gone(), gone())]).toEqual([
      false,
      false,
      false,
    ]);
  });
});

describe('SYNC-07 taking a merge back', () => {
  const sideOf = (alive: boolean) =>
    fc
      .record({
        active: fc.boolean(),
        activationBy: fc.constantFrom<'sync' | 'wfo'>('sync', 'wfo'),
        teamId: fc.constantFrom('default', 'x', 'y'),
        roleIds: fc.subarray(['q', 'r', 's']),
        windowsLogin: fc.constantFrom(null, 'C\\1', 'C\\2'),
        companyStartDate: fc.constantFrom('2025-01-01', '2026-01-01'),
        departmentStartDate: fc.constantFrom('2025-01-01', '2026-01-01'),
      })
      .map((wfo): WfoSide => ({ ...wfo, active: wfo.active && alive }));
  const user = fc.boolean().chain((alive) => sideOf(alive).map((wfo): MergeableUser => ({ alive, wfo })));

  it('merge, then undo, restores both (property)', () => {
    fc.assert(
      fc.property(user, user, (survivorBefore, mergedBefore) => {
        const survivorAfter = mergeUsers(survivorBefore, mergedBefore, { isDefaultTeam });
        const undone = undoUserMerge(
          { survivorBefore, survivorAfter, mergedBefore },
          { survivor: survivorAfter.wfo, survivorAlive: survivorBefore.alive, mergedAlive: mergedBefore.alive },
        );
        expect(undone).toEqual({ survivor: survivorBefore.wfo, merged: mergedBefore.wfo });
      }),
    );
  });

  it('keeps what was edited on the survivor since, and activates nobody whose id is gone (property)', () => {
    fc.assert(
      fc.property(
        user,
        user,
        sideOf(true),
        fc.boolean(),
        fc.boolean(),
        (one, other, edited, survivorAlive, mergedAlive) => {
          const survivorAfter = mergeUsers(one, other, { isDefaultTeam });
          const undone = undoUserMerge(
            { survivorBefore: one, survivorAfter, mergedBefore: other },
            { survivor: edited, survivorAlive, mergedAlive },
          );
          for (const field of ['teamId', 'windowsLogin'] as const) {
            const isEdited = edited[field] !== survivorAfter.wfo[field];
            expect(undone.survivor[field]).toBe(isEdited ? edited[field] : one.wfo[field]);
            expect(undone.merged[field]).toBe(other.wfo[field]);
          }
          expect(undone.merged.roleIds).toEqual(other.wfo.roleIds);
          if (!survivorAlive) expect(undone.survivor.active).toBe(false);
          if (!mergedAlive) expect(undone.merged.active).toBe(false);
        },
      ),
    );
  });

  it.each<[string, MergeableUser, boolean, Partial<WfoSide>]>([
    ['went meanwhile: inactive, and a run brings it back', there(), false, { active: false, activationBy: 'sync' }],
    ['came back meanwhile: active again', gone(), true, { active: true, activationBy: 'sync' }],
    ['deactivated by hand and still there: stays so', there(byHand), true, byHand],
    ['deactivated by hand, gone and back: stays so', gone(byHand), true, byHand],
    ['never activated, there all the time: stays so', there({ active: false }), true, { active: false }],
  ])('an id that %s', (_, mergedBefore, mergedAlive, expected) => {
    const survivorBefore = there();
    const survivorAfter = mergeUsers(survivorBefore, mergedBefore, { isDefaultTeam });
    const now = { survivor: survivorAfter.wfo, survivorAlive: true, mergedAlive };
    expect(undoUserMerge({ survivorBefore, survivorAfter, mergedBefore }, now).merged).toMatchObject(expected);
  });

  it('keeps an activation that a person decided on since', () => {
    const [survivorBefore, mergedBefore] = [there(), gone()];
    const survivorAfter = mergeUsers(survivorBefore, mergedBefore, { isDefaultTeam });
    const now = { survivor: { ...survivorAfter.wfo, ...byHand }, survivorAlive: true, mergedAlive: false };
    expect(undoUserMerge({ survivorBefore, survivorAfter, mergedBefore }, now).survivor).toMatchObject(byHand);
  });
});
