import { describe, expect, it } from '@jest/globals';
import { judgeBrake } from './brake-policy.ts';
import { NOT_IMPORTED, UNCHANGED } from './decision.ts';
import { type KnownItem, reconcileItem, reconcileMissingItem, type SeenItem } from './queue-policy.ts';
import { type KnownTeam, reconcileMissingTeam, reconcileTeam, type SeenTeam } from './team-policy.ts';

const seen = (changes: Partial<SeenTeam> = {}): SeenTeam => ({
  webexId: 't-1',
  name: 'Sales',
  type: 'agent',
  state: 'active',
  ...changes,
});
const known = (changes: Partial<KnownTeam> = {}): KnownTeam => ({
  itemId: 'd2000000-0000-5000-8000-00000000000b',
  webexId: 't-1',
  name: 'Sales',
  type: 'agent',
  acdState: 'active',
  ...changes,
});

describe('guide, Core Configuration Data for 1.0, Teams', () => {
  it.each(['agent', 'capacity'] as const)('SYNC-05 row “New team is added” (%s based): with the same name', (type) => {
    expect(reconcileTeam(seen({ type }), null)).toEqual({
      kind: 'planned',
      change: 'add',
      reasons: ['new team (SYNC-05)'],
      before: null,
      after: { name: 'Sales', type, acdState: 'active' },
    });
  });

  it('SYNC-05 “as long as they are active”: an inactive one is not added', () => {
    expect(reconcileTeam(seen({ state: 'inactive' }), null)).toBe(NOT_IMPORTED);
  });

  it('SYNC-05 row “Team name is changed”: the name is changed', () => {
    expect(reconcileTeam(seen({ name: 'Sales EU' }), known())).toMatchObject({
      change: 'change',
      before: { name: 'Sales' },
      after: { name: 'Sales EU' },
    });
  });

  it('SYNC-05 rows “New user is added to a team” and “User is removed from a team”: a team has no members here', () => {
    expect(reconcileTeam(seen(), known())).toBe(UNCHANGED);
    expect(Object.keys(seen())).not.toContain('userIds');
  });

  it('SYNC-05 row “Team is deleted”: no change but the mark', () => {
    expect(reconcileMissingTeam(known())).toEqual({
      kind: 'planned',
      change: 'mark',
      reasons: ['deleted in the ACD: the team stays as it is (SYNC-05)'],
      before: { acdState: 'active' },
      after: { acdState: 'deleted' },
    });
    expect(reconcileMissingTeam(known({ acdState: 'deleted' }))).toBe(UNCHANGED);
  });

  it('SYNC-05 one that turns inactive changes nothing but the mark, its name included', () => {
    expect(reconcileTeam(seen({ state: 'inactive', name: 'Renamed' }), known())).toMatchObject({
      change: 'mark',
      after: { acdState: 'inactive' },
    });
  });

  it('SYNC-05 a team that is active again is the same one, under its name of now', () => {
    expect(reconcileTeam(seen({ name: 'Sales EU' }), known({ acdState: 'deleted' }))).toMatchObject({
      change: 'change',
      after: { name: 'Sales EU', acdState: 'active' },
    });
  });
});

describe('SYNC-05 queues', () => {
  const fields = { channel: 'voice', serviceLevelThresholdSeconds: 20 };
  const queue = (changes: Partial<SeenItem> = {}): SeenItem => ({
    webexId: 'q-1',
    name: 'Orders',
    state: 'active',
    fields,
    ...changes,
  });
  const stored = (changes: Partial<KnownItem> = {}): KnownItem => ({
    itemId: 'a9000000-0000-5000-8000-00000000000e',
    webexId: 'q-1',
    name: 'Orders',
    acdState: 'active',
    fields,
    ...changes,
  });

  it('a new queue is added', () => {
    expect(reconcileItem(queue(), null)).toMatchObject({
      change: 'add',
      after: { name: 'Orders', acdState: 'active', channel: 'voice', serviceLevelThresholdSeconds: 20 },
    });
  });

  it('a rename and a new threshold follow', () => {
    const now = queue({ name: 'Orders EU', fields: { ...fields, serviceLevelThresholdSeconds: 30 } });
    expect(reconcileItem(now, stored())).toMatchObject({
      change: 'change',
      before: { name: 'Orders', serviceLevelThresholdSeconds: 20 },
      after: { name: 'Orders EU', serviceLevelThresholdSeconds: 30 },
    });
  });

  it('an inactive or deleted one is kept, marked', () => {
    expect(reconcileItem(queue({ state: 'inactive' }), stored())).toMatchObject({
      change: 'mark',
      after: { acdState: 'inactive' },
    });
    expect(reconcileMissingItem(stored())).toMatchObject({ change: 'mark', after: { acdState: 'deleted' } });
  });

  it('what is as known is unchanged', () => {
    expect(reconcileItem(queue(), stored())).toBe(UNCHANGED);
    expect(reconcileMissingItem(stored({ acdState: 'deleted' }))).toBe(UNCHANGED);
  });
});

describe('SYNC-06 the brake', () => {
  it.each([
    { activeUsers: 100, deactivations: 20, limit: 0.2, isHeld: false },
    { activeUsers: 100, deactivations: 21, limit: 0.2, isHeld: true },
    { activeUsers: 3, deactivations: 1, limit: 0.2, isHeld: true },
    { activeUsers: 0, deactivations: 0, limit: 0.2, isHeld: false },
    { activeUsers: 100, deactivations: 0, limit: 0, isHeld: false },
    { activeUsers: 100, deactivations: 1, limit: 0, isHeld: true },
    { activeUsers: 100, deactivations: 100, limit: 1, isHeld: false },
  ])('$deactivations of $activeUsers at a limit of $limit: held $isHeld', ({ isHeld, ...o }) => {
    expect(judgeBrake(o).isHeld).toBe(isHeld);
  });
});
