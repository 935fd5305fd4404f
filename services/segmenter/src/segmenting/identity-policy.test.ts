import { describe, expect, it } from '@jest/globals';
import { contactsAsText, row, segment, task } from '../../test/call-rows.ts';
import { newContactId } from './identity-policy.ts';

const simple = (talkFrom: number) => [row('connected', talkFrom, 60, 'A'), row('ended', 60, 60)];
const transferred = [
  row('connected', 10, 20, 'A'),
  row('blind-transferred', 20, 21, 'A', 'B'),
  row('connected', 30, 60, 'B'),
  row('ended', 60, 60),
];
const idsOf = (changed: ReturnType<typeof segment>) => changed.map(({ contact }) => contact.contactId);

describe('identity (SEG-08, architecture rule 8)', () => {
  it('is the UUIDv5 of organization, task and the row of the answer, whatever else the task holds', () => {
    const [row1] = simple(10);
    expect(idsOf(segment(task(simple(10))))).toEqual([newContactId('org-1', 'task-1', row1!.activityId)]);
    const more = [row('queued', 1, 9), row('held', 20, 30, 'A'), row('hold-ended', 30, 60, 'A'), ...simple(10)];
    expect(idsOf(segment(task(more)))).toEqual(idsOf(segment(task(simple(10)))));
  });

  it('two organizations never share an id', () => {
    expect(newContactId('org-1', 'task-1', 'x')).not.toBe(newContactId('org-2', 'task-1', 'x'));
    expect(newContactId('org-1', 'a', 'bc')).not.toBe(newContactId('org-1', 'ab', 'c'));
  });

  it('equal facts make no new version (SEG-09)', () => {
    const first = segment(task(transferred));
    expect(first.map(({ contact }) => contact.version)).toEqual([1, 1]);
    expect(segment(task(transferred, { revision: 2 }), [], first)).toEqual([]);
  });

  it('only the contact that a correction touches gets a version', () => {
    const first = segment(task(transferred));
    const corrected = transferred.map((activity) => (activity.kind === 'ended' ? row('ended', 55, 55) : activity));
    corrected[2] = { ...corrected[2]!, endedAtMs: corrected[3]!.startedAtMs };
    const second = segment(task(corrected, { revision: 2, queue: { id: 'queue-1', name: 'Billing' } }), [], first);
    expect(contactsAsText(second)).toEqual(['B 30–55']);
    expect(second[0]!.contact).toMatchObject({ contactId: first[1]!.contact.contactId, version: 2, taskRevision: 2 });
  });

  it('a correction that replaces the row of the answer keeps the id: same agent, largest overlap', () => {
    const first = segment(task(simple(10)));
    const second = segment(task(simple(12), { revision: 2 }), [], first);
    expect(contactsAsText(second)).toEqual(['A 12–60']);
    expect(idsOf(second)).toEqual(idsOf(first));
    expect(second[0]!.contact.version).toBe(2);
  });

  it('… and of two legs of that agent the one with the largest overlap has it', () => {
    const first = segment(task(simple(10)));
    const rows = [
      row('connected', 11, 20, 'A'),
      row('blind-transferred', 20, 21, 'A', 'B'),
      row('connected', 21, 30, 'B'),
      row('blind-transferred', 30, 31, 'B', 'A'),
      row('connected', 31, 60, 'A'),
      row('ended', 60, 60),
    ];
    const second = segment(task(rows, { revision: 2 }), [], first);
    expect(contactsAsText(second)).toEqual(['A 11–20', 'B 21–30', 'A 31–60']);
    expect(second.map(({ contact }) => contact.version)).toEqual([1, 1, 2]);
    expect(idsOf(second)[2]).toBe(idsOf(first)[0]);
    expect(new Set(idsOf(second)).size).toBe(3);
  });

  it('a contact that a correction removed is superseded, names its heir, and comes back under its id', () => {
    const first = segment(task(transferred));
    const [a, b] = idsOf(first);
    const second = segment(task([row('connected', 10, 60, 'A'), row('ended', 60, 60)], { revision: 2 }), [], first);
    expect(contactsAsText(second)).toEqual(['A 10–60', 'B 30–60 superseded']);
    expect(second[1]!.contact).toMatchObject({ contactId: b, replacedBy: a, version: 2 });
    const third = segment(task(transferred, { revision: 3 }), [], second);
    expect(contactsAsText(third)).toEqual(['A 10–20', 'B 30–60']);
    expect(third.map(({ contact }) => [contact.contactId, contact.version, contact.replacedBy])).toEqual([
      [a, 3, null],
      [b, 3, null],
    ]);
  });

  it('no two contacts share an id, even when a row returns whose id was given on', () => {
    const first = segment(task(simple(10)));
    const second = segment(task(simple(12), { revision: 2 }), [], first);
    const both = [
      row('connected', 10, 11, 'A'),
      row('blind-transferred', 11, 12, 'A', 'A'),
      row('connected', 12, 60, 'A'),
      row('ended', 60, 60),
    ];
    const third = segment(task(both, { revision: 3 }), [], second);
    const now = new Map([...second, ...third].map(({ contact }) => [contact.contactId, contact]));
    expect([...now.values()].map(({ startedAtMs }) => startedAtMs).length).toBe(2);
    expect(now.get(idsOf(first)[0]!)).toMatchObject({ startedAtMs: second[0]!.contact.startedAtMs });
  });

  it.each([
    ['not wanted', { contactsWanted: false }],
    ['a chat', { channel: 'chat' as const }],
  ])('%s: no contacts in this release', (_, more) => {
    expect(segment(task(transferred, more))).toEqual([]);
  });
});

describe('what a contact says of itself (SEG-01)', () => {
  it('own agent, queue and team; shared associated id, numbers and metadata', () => {
    const rows = transferred.map((activity) =>
      activity.agent?.id === 'A' ? { ...activity, queue: { id: 'queue-0', name: 'First' } } : activity,
    );
    const callTypeLabels = { customerSegment: 'call type', consult: null };
    const [a, b] = segment(task(rows, { callTypeLabels })).map(({ contact }) => contact);
    expect(a).toMatchObject({ agent: { id: 'A', name: 'Agent A' }, queue: { id: 'queue-0' }, team: null });
    expect(b).toMatchObject({ agent: { id: 'B', name: 'Agent B' }, queue: { id: 'queue-1' }, team: { id: 'team-1' } });
    for (const contact of [a, b]) {
      expect(contact).toMatchObject({
        associatedContactId: 'task-1',
        callType: 'customer-segment',
        contactType: 'voice',
        direction: 'inbound',
        callingNumber: '+14085550111',
        calledNumber: '+14085550100',
        metadata: [
          { label: 'Account', value: '4711' },
          { label: 'call type', value: 'Customer segment' },
        ],
        screen: { state: 'no-file-to-upload' },
      });
    }
  });
});
