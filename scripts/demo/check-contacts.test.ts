import { describe, expect, it } from '@jest/globals';
import type { ContactSegmented } from '@wxcc-wfo/contracts';
import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import { compareContacts } from './check-contacts.ts';

const task = (o: Partial<TaskGroundTruth>) =>
  ({
    taskId: 't',
    channelType: 'telephony',
    scenario: 'abandoned',
    ended: true,
    contacts: [],
    ...o,
  }) as TaskGroundTruth;
const contact = (o: Partial<ContactSegmented>) =>
  ({ contactId: 'c', taskId: 't', superseded: false, startedAtMs: 0, ...o }) as ContactSegmented;

describe('a contact that must not be is a difference', () => {
  it.each([
    [
      'of a task that the tenant does not have',
      [task({})],
      contact({ taskId: 'u' }),
      'a task that the tenant does not have (u)',
    ],
    ['of a chat', [task({ channelType: 'chat' })], contact({}), 'the chat t'],
    ['of an e-mail', [task({ channelType: 'email' })], contact({}), 'the email t'],
  ])('%s', (_, truth, found, what) => {
    expect(compareContacts(truth, [found]).differences).toEqual([`contact c is there, of ${what}`]);
  });

  it('of a call that had none', () => {
    expect(compareContacts([task({})], [contact({})]).differences).toEqual([
      'abandoned t: 0 contact(s) expected, 1 found',
    ]);
  });

  it('but not where a correction took it back, nor of a call that has ended meanwhile', () => {
    const truth = [task({}), task({ taskId: 'live', ended: false })];
    const found = [contact({ taskId: 'u', superseded: true }), contact({ contactId: 'd', taskId: 'live' })];
    expect(compareContacts(truth, found)).toEqual({ passed: 1, differences: [] });
  });
});
