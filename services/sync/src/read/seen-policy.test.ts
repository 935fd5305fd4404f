import { describe, expect, it } from '@jest/globals';
import { aWebexQueue, aWebexTeam, aWebexUser } from '../../test/fake-directory.ts';
import { seenQueue, seenTeam, seenUser } from './seen-policy.ts';

const inTwo = { isOneDotZero: false };
const inOne = { isOneDotZero: true };

describe('what of the directory counts', () => {
  it('SYNC-02 the ACD id is the user’s id in 2.0 and the TID (dbId) in 1.0', () => {
    const user = aWebexUser('w-1', { legacyId: '4711' });
    expect(seenUser(user, inTwo)).toMatchObject({ webexId: 'w-1', acdUserId: 'w-1', identityId: 'ci-w-1' });
    expect(seenUser(user, inOne)).toMatchObject({ webexId: 'w-1', acdUserId: '4711' });
  });

  it('SYNC-02 a user of 1.0 without a TID is refused by name', () => {
    expect(seenUser(aWebexUser('w-1'), inOne)).toEqual({
      refusal: 'user w-1 has no TID, by which 1.0 knows its users',
    });
  });

  it('text that no database takes does not stop a run', () => {
    const seen = seenUser(aWebexUser('w-1', { firstName: 'A\u0000da', lastName: 'x'.repeat(900) }), inTwo);
    expect(seen).toMatchObject({ firstName: 'Ada', lastName: 'x'.repeat(500) });
  });

  it('SYNC-05 teams of either type; a nameless one is called by its id', () => {
    expect(seenTeam(aWebexTeam('t', { type: 'CAPACITY', name: ' ' }))).toEqual({
      webexId: 't',
      name: 't',
      type: 'capacity',
      state: 'active',
    });
    expect(seenTeam(aWebexTeam('t', { isActive: false }))).toMatchObject({ type: 'agent', state: 'inactive' });
    expect(seenTeam(aWebexTeam('t', { isActive: null, type: null }))).toMatchObject({
      type: 'unknown',
      state: 'active',
    });
  });

  it('SYNC-05 queues', () => {
    expect(seenQueue(aWebexQueue('q', { name: 'Orders' }))).toEqual({
      webexId: 'q',
      name: 'Orders',
      state: 'active',
      fields: { channel: 'voice', channelType: 'TELEPHONY', direction: 'inbound', serviceLevelThresholdSeconds: 20 },
    });
  });
});
