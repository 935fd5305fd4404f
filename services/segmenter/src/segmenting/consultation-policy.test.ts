import { describe, expect, it } from '@jest/globals';
import { contactsAsText, heardAsText, ms, recording, row, segment, task } from '../../test/call-rows.ts';

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

/** A talks from 10, consults B: `consulting` begins with the ringing, B answers in a leg of its own; C is another. */
const ownLeg = (answers: [number, string | null][], more: ReturnType<typeof row>[]) => [
  row('connected', 10, 20, 'A'),
  row('held', 20, 50, 'A'),
  row('consulting', 21, 50, 'A'),
  row('task-created', 21, 23),
  row('offered', 23, 30, 'B'),
  ...answers.map(([from, who]) => row('connected', from, 50, who)),
  ...more,
];

describe('consultations whose leg to the consulted agent stands in the task', () => {
  const returns = [row('consult-ended', 50, 55, 'A'), row('ended', 50.1, 50.1), row('hold-ended', 55, 90, 'A')];
  const handsOver = (to: string | null, answeredBy: string | null) => [
    row('consult-transferred', 50, 50.5, 'A', to),
    row('transferred', 50.5, 51, 'A', to),
    row('connected', 51, 120, answeredBy),
    row('ended', 120, 120),
    row('ended', 120.001, 120.001, 'B'),
  ];

  it.each([['B'], [null]])('SEG-04 A returns, the leg names %s: A’s contact is whole, B’s answer opens none', (who) => {
    const rows = ownLeg([[30, who]], [...returns, row('ended', 90, 90)]);
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–90 silent 20–55']);
  });

  it('SEG-04 what was recorded of a consultation without consequence is heard by nobody', () => {
    const rows = ownLeg([[30, 'B']], [...returns, row('ended', 90, 90)]);
    const [only] = segment(task(rows), [recording(1, 10, 90), recording(2, 30, 50, { leg: 'consult' })]);
    expect(heardAsText(only!.contact)).toEqual([
      '0–10 recording 1 from 0',
      '10–45 silence hold',
      '45–80 recording 1 from 45',
    ]);
  });

  it('SEG-04 the first agent’s answer that names nobody: B gets nothing of the customer’s call all the same', () => {
    const rows = ownLeg([[30, 'B']], [...returns, row('ended', 90, 90)]);
    const nameless = rows.map((one) => (one.startedAtMs === ms(10) ? { ...one, agent: null } : one));
    expect(contactsAsText(segment(task(nameless)))).toEqual([]);
    expect(contactsAsText(segment(task([row('offered', 4, 10, 'A'), ...nameless])))).toEqual(['A 10–90 silent 20–55']);
  });

  it('SEG-04 A takes the customer back before B answers: A is not cut there', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 28, 'A'),
      row('consulting', 21, 60, 'A'),
      row('offered', 23, 30, 'B'),
      row('hold-ended', 28, 90, 'A'),
      row('connected', 30, 60, 'B'),
      row('consult-ended', 60, 60, 'A'),
      row('ended', 90, 90),
    ];
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–90 silent 20–28']);
  });

  it('SEG-04 consulted twice, each in a leg of its own, then a call that goes on: one contact', () => {
    const again = [
      row('held', 60, 80, 'A'),
      row('consulting', 61, 79, 'A'),
      row('offered', 62, 70, 'C'),
      row('connected', 70, 79, 'C'),
      row('consult-ended', 79, 80, 'A'),
      row('ended', 79, 79),
      row('hold-ended', 80, 90, 'A'),
      row('ended', 90, 90),
    ];
    expect(contactsAsText(segment(task(ownLeg([[30, 'B']], [...returns, ...again]))))).toEqual([
      'A 10–90 silent 20–55, 60–80',
    ]);
  });

  it('SEG-03 A hands over: B’s contact begins where B answered the consultation, not with the ringing', () => {
    const contacts = segment(task(ownLeg([[30, 'B']], handsOver('B', 'B'))), [
      recording(1, 10, 120),
      recording(2, 30, 50, { leg: 'consult' }),
    ]);
    expect(contactsAsText(contacts)).toEqual(['A 10–50 silent 20–50 file-uploaded', 'B 30–120 file-uploaded']);
    expect(heardAsText(contacts[0]!.contact)).toEqual([
      '0–10 recording 1 from 0',
      '10–20 silence hold',
      '20–40 recording 2 from 0',
    ]);
    expect(heardAsText(contacts[1]!.contact)).toEqual(['0–20 recording 2 from 0', '20–90 recording 1 from 40']);
  });

  it.each([
    ['the answer', 'B', null],
    ['the transfer', null, 'B'],
    ['both, but who answered the consultation is known', null, null],
  ])('SEG-03 without an agent in %s: the same two contacts', (_, to, answeredBy) => {
    const rows = ownLeg([[30, 'B']], handsOver(to, answeredBy));
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–50 silent 20–50', 'B 30–120']);
  });

  it('SEG-03 B never answers and gets the call: B’s contact begins with the answer to the customer', () => {
    const rows = ownLeg([], handsOver('B', 'B'));
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–50 silent 20–50', 'B 51–120']);
  });

  it('SEG-03 B was consulted, C gets the call: C’s contact begins with the answer to the customer', () => {
    const rows = ownLeg([[30, 'B']], handsOver('C', 'C'));
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–50 silent 20–50', 'C 51–120']);
  });

  it('SEG-04 without a hold row the customer waits while it rings, too', () => {
    const rows = ownLeg([[30, 'B']], [...returns, row('ended', 90, 90)]).filter(({ kind }) => kind !== 'held');
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–90 silent 21–50']);
  });

  it('MED-04 a hold that outlasts the hand-over is silent in the second agent’s contact, too', () => {
    const rows = warm('A', 'B').map((one) => (one.kind === 'held' ? row('held', 20, 45.5, 'A') : one));
    const contacts = segment(task(rows), [recording(1, 10, 120)]);
    expect(contactsAsText(contacts)[1]).toBe('B 30–120 silent 45–45.5 file-uploaded');
    expect(heardAsText(contacts[1]!.contact).at(-1)).toBe('15.5–90 recording 1 from 35.5');
  });
});
