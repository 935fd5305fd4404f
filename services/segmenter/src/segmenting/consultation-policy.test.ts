import { describe, expect, it } from '@jest/globals';
import { contactsAsText, heardAsText, recording, row, segment, task } from '../../test/call-rows.ts';

/** A talks from 10, holds at 20, consults B from 30 to 45, hands over; B answers at 46, the call ends at 120. */
const warm = (from: string, to: string) => [
  row('connected', 10, 20, 'A'),
  row('consult-requested', 19.5, 20, from, to),
  row('held', 20, 45, 'A'),
  row('consulting', 30, 45, from, to),
  row('consult-transferred', 45, 45.5, 'A', 'B'),
  row('transferred', 45.5, 46, 'A', 'B'),
  row('wrap-up', 45.6, 50, 'A'),
  row('connected', 46, 120, 'B'),
  row('ended', 120, 120),
];

describe('consultations in warm transfers (SEG-03)', () => {
  it.each([
    ['the asking agent first', 'A', 'B'],
    ['the asked agent first', 'B', 'A'],
  ])('rows that name %s: B’s one contact begins with the consultation', (_, from, to) => {
    expect(contactsAsText(segment(task(warm(from, to))))).toEqual(['A 10–45 silent 20–45', 'B 30–120']);
  });

  it('with a consult recording the consultation is heard in both contacts', () => {
    const contacts = segment(task(warm('A', 'B')), [
      recording(1, 10, 120),
      recording(2, 30, 45, { leg: 'consult', channelRoles: ['agent', 'agent'] }),
    ]);
    expect(contactsAsText(contacts)).toEqual(['A 10–45 silent 20–45 file-uploaded', 'B 30–120 file-uploaded']);
    expect(heardAsText(contacts[0]!.contact)).toEqual([
      '0–10 recording 1 from 0',
      '10–20 silence hold',
      '20–35 recording 2 from 0',
    ]);
    expect(heardAsText(contacts[1]!.contact)).toEqual(['0–15 recording 2 from 0', '15–90 recording 1 from 35']);
  });

  it('a consult recording that covers part of it leaves the rest silent: hold music is never heard', () => {
    const contacts = segment(task(warm('A', 'B')), [recording(1, 10, 120), recording(2, 32, 44, { leg: 'consult' })]);
    expect(heardAsText(contacts[1]!.contact)).toEqual([
      '0–2 silence no-recording',
      '2–14 recording 2 from 0',
      '14–15 silence no-recording',
      '15–90 recording 1 from 35',
    ]);
  });

  it('a consultation without consequence is a hold until the resume, whatever was recorded of it', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 45, 'A'),
      row('consulting', 30, 45, 'A', 'B'),
      row('consult-ended', 45, 49, 'A'),
      row('hold-ended', 49, 90, 'A'),
      row('ended', 90, 90),
    ];
    const contacts = segment(task(rows), [recording(1, 10, 90), recording(2, 30, 45, { leg: 'consult' })]);
    expect(contactsAsText(contacts)).toEqual(['A 10–90 silent 20–49 file-uploaded']);
    expect(heardAsText(contacts[0]!.contact)).toEqual([
      '0–10 recording 1 from 0',
      '10–39 silence hold',
      '39–80 recording 1 from 39',
    ]);
  });

  it('a cold transfer to the agent who was consulted before begins at the answer', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 45, 'A'),
      row('consulting', 30, 45, 'A', 'B'),
      row('consult-ended', 45, 49, 'A'),
      row('hold-ended', 49, 70, 'A'),
      row('blind-transferred', 70, 71, 'A', 'B'),
      row('connected', 80, 120, 'B'),
      row('ended', 120, 120),
    ];
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–70 silent 20–49', 'B 80–120']);
  });

  it('without a hold row the customer waits all the same', () => {
    const rows = warm('A', 'B').filter(({ kind }) => kind !== 'held');
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–45 silent 30–45', 'B 30–120']);
  });

  it('first B in vain, then C, who gets the call: A and C, the second consultation heard', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 70, 'A'),
      row('consulting', 25, 40, 'A', 'B'),
      row('consult-ended', 40, 50, 'A'),
      row('consulting', 50, 70, 'A', 'C'),
      row('consult-transferred', 70, 71, 'A', 'C'),
      row('connected', 71, 100, 'C'),
      row('ended', 100, 100),
    ];
    const consults = [recording(2, 25, 40, { leg: 'consult' }), recording(3, 50, 70, { leg: 'consult' })];
    const contacts = segment(task(rows), [recording(1, 10, 100), ...consults]);
    expect(contactsAsText(contacts)).toEqual(['A 10–70 silent 20–70 file-uploaded', 'C 50–100 file-uploaded']);
    expect(heardAsText(contacts[0]!.contact)).toEqual([
      '0–10 recording 1 from 0',
      '10–40 silence hold',
      '40–60 recording 3 from 0',
    ]);
  });

  it('handed over to a number outside: no second contact (SEG-07)', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 45, 'A'),
      row('consulting', 30, 45, 'A'),
      row('consult-transferred', 45, 45.5, 'A'),
      row('transferred', 45.5, 110, 'A'),
      row('ended', 110, 110),
    ];
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–45 silent 20–45']);
  });
});
