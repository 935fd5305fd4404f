import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  type AcdFacts,
  type MergeableUser,
  mergeTeams,
  mergeUsers,
  retireUser,
  undoTeamMerge,
  undoUserMerge,
  type WfoSide,
} from './merge-policy.ts';

interface Facts extends AcdFacts {
  name: string;
}
const isDefaultTeam = (teamId: string) => teamId === 'default';
const side = (changes: Partial<WfoSide> = {}): WfoSide => ({
  active: true,
  teamId: 'default',
  roleIds: ['agent'],
  windowsLogin: null,
  companyStartDate: '2026-01-01',
  departmentStartDate: '2026-01-01',
  ...changes,
});
const user = (acdKey: string, alive: boolean, changes: Partial<WfoSide> = {}): MergeableUser<Facts> => ({
  facts: { acdKey, alive, name: `name of ${acdKey}` },
  wfo: side({ active: alive, ...changes }),
});

describe('SYNC-07 merging users', () => {
  it('the guide’s case: the old id is gone, the new one is there: names and activation of the new, the rest of the old', () => {
    const old = user('old', false, { teamId: 'sales', roleIds: ['agent', 'lead'], windowsLogin: 'C\\j' });
    const fresh = user('new', true, { companyStartDate: '2026-11-20', departmentStartDate: '2026-11-20' });
    expect(mergeUsers(old, fresh, { isDefaultTeam })).toEqual({
      facts: fresh.facts,
      wfo: side({ active: true, teamId: 'sales', roleIds: ['agent', 'lead'], windowsLogin: 'C\\j' }),
    });
    expect(retireUser(old).wfo.active).toBe(false);
  });

  it.each<[string, MergeableUser<Facts>, MergeableUser<Facts>, Partial<WfoSide> & { facts: string }]>([
    ['both there: the survivor’s facts', user('a', true), user('b', true), { facts: 'a', active: true }],
    [
      'both there, deactivated by hand: stays so',
      user('a', true, { active: false }),
      user('b', true),
      { facts: 'a', active: false },
    ],
    ['both gone', user('a', false), user('b', false), { facts: 'a', active: false }],
    [
      'the new one was deactivated by hand',
      user('a', false),
      user('b', true, { active: false }),
      { facts: 'b', active: false },
    ],
    ['the default team gives way', user('a', true), user('b', true, { teamId: 'x' }), { facts: 'a', teamId: 'x' }],
    [
      'another team does not',
      user('a', true, { teamId: 'y' }),
      user('b', true, { teamId: 'x' }),
      { facts: 'a', teamId: 'y' },
    ],
    [
      'the only Windows login is kept',
      user('a', true),
      user('b', true, { windowsLogin: 'C\\b' }),
      { facts: 'a', windowsLogin: 'C\\b' },
    ],
    [
      'the survivor’s Windows login wins',
      user('a', true, { windowsLogin: 'C\\a' }),
      user('b', true, { windowsLogin: 'C\\b' }),
      { facts: 'a', windowsLogin: 'C\\a' },
    ],
    [
      'the roles of both',
      user('a', true, { roleIds: ['r'] }),
      user('b', true, { roleIds: ['q', 'r'] }),
      { facts: 'a', roleIds: ['q', 'r'] },
    ],
    [
      'the earlier dates',
      user('a', true, { companyStartDate: '2026-05-01' }),
      user('b', true, { departmentStartDate: '2025-12-31' }),
      { facts: 'a', companyStartDate: '2026-01-01', departmentStartDate: '2025-12-31' },
    ],
  ])('%s', (_, survivor, merged, { facts, ...wfo }) => {
    const result = mergeUsers(survivor, merged, { isDefaultTeam });
    expect(result.facts.acdKey).toBe(facts);
    expect(result.wfo).toMatchObject(wfo);
  });
});

describe('SYNC-07 taking a merge back', () => {
  const pool = ['q', 'r', 's'];
  const wfo = (alive: boolean) =>
    fc.record({
      active: alive ? fc.boolean() : fc.constant(false),
      teamId: fc.constantFrom('default', 'x', 'y'),
      roleIds: fc.subarray(pool),
      windowsLogin: fc.constantFrom(null, 'C\\1', 'C\\2'),
      companyStartDate: fc.constantFrom('2025-01-01', '2026-01-01'),
      departmentStartDate: fc.constantFrom('2025-01-01', '2026-01-01'),
    });
  const one = (key: string) =>
    fc
      .boolean()
      .chain((alive) =>
        wfo(alive).map((w): MergeableUser<Facts> => ({ facts: { acdKey: key, alive, name: key }, wfo: w })),
      );

  it('merge, then undo, restores both (property)', () => {
    fc.assert(
      fc.property(one('a'), one('b'), (survivorBefore, mergedBefore) => {
        const survivorAfter = mergeUsers(survivorBefore, mergedBefore, { isDefaultTeam });
        const merge = { survivorBefore, survivorAfter, mergedBefore, movedKeys: ['b'] };
        const undone = undoUserMerge(merge, survivorAfter);
        expect(undone).toEqual({ survivor: survivorBefore, merged: mergedBefore });
      }),
    );
  });

  it('keeps what was edited on the survivor since, and gives the facts since to the user of their id (property)', () => {
    fc.assert(
      fc.property(one('a'), one('b'), wfo(true), fc.boolean(), (survivorBefore, mergedBefore, edited, alive) => {
        const survivorAfter = mergeUsers(survivorBefore, mergedBefore, { isDefaultTeam });
        const merge = { survivorBefore, survivorAfter, mergedBefore, movedKeys: ['b'] };
        const facts = { ...survivorAfter.facts, name: 'renamed since', alive };
        const { survivor, merged } = undoUserMerge(merge, {
          facts,
          wfo: { ...edited, active: edited.active && alive },
        });
        for (const field of ['teamId', 'windowsLogin'] as const) {
          const kept = edited[field] !== survivorAfter.wfo[field];
          expect(survivor.wfo[field]).toBe(kept ? edited[field] : survivorBefore.wfo[field]);
          expect(merged.wfo[field]).toBe(mergedBefore.wfo[field]);
        }
        const [renamed, other] = facts.acdKey === 'b' ? [merged, survivor] : [survivor, merged];
        expect(renamed.facts).toEqual(facts);
        expect(other.facts.name).toBe(other === survivor ? 'a' : 'b');
        for (const user of [survivor, merged]) if (!user.facts.alive) expect(user.wfo.active).toBe(false);
      }),
    );
  });

  it('teams: the living name wins; undone, each has its own again', () => {
    const gone = { acdKey: 'a', alive: false, name: 'Sales' };
    const there = { acdKey: 'b', alive: true, name: 'SALES' };
    expect(mergeTeams(gone, there)).toBe(there);
    expect(mergeTeams(there, gone)).toBe(there);
    const merge = { survivorBefore: gone, mergedBefore: there, movedKeys: ['b'] };
    const renamed = { ...there, name: 'Sales EMEA' };
    expect(undoTeamMerge(merge, renamed)).toEqual({ survivor: gone, merged: renamed });
    expect(undoTeamMerge(merge, { ...gone, name: 'x' })).toEqual({ survivor: { ...gone, name: 'x' }, merged: there });
  });
});
