import { describe, expect, it } from '@jest/globals';
import { legsAsText, ms, row } from '../../test/call-rows.ts';

describe('legs (SEG-01, SEG-02): who was connected to the customer, and when', () => {
  it('a simple call: from the answer to the end; menu, queue, ringing and wrap-up are left out', () => {
    const rows = [
      row('task-created', 0, 5),
      row('self-service-started', 5, 12),
      row('queued', 12, 30),
      row('offered', 30, 38, 'A'),
      row('connected', 38, 98, 'A'),
      row('recording-started', 38.4, 38.4, 'A'),
      row('ended', 98, 98),
      row('wrap-up', 98, 110, 'A'),
      row('recording-available', 130, 130),
    ];
    expect(legsAsText(rows)).toEqual(['A 38–98']);
  });

  it('RONA (SEG-07): only the agent who answers is connected', () => {
    const rows = [
      row('offered', 5, 15, 'A'),
      row('queued', 15, 16),
      row('offered', 16, 26, 'B'),
      row('offered', 26, 30, 'C'),
      row('connected', 30, 60, 'C'),
      row('ended', 60, 60),
    ];
    expect(legsAsText(rows)).toEqual(['C 30–60']);
  });

  it.each([
    ['given up in the queue', [row('task-created', 0, 5), row('queued', 5, 50), row('ended', 50, 50)]],
    [
      'finished in the menu',
      [row('self-service-started', 1, 20), row('self-service-ended', 20, 20), row('ended', 21, 21)],
    ],
    ['never answered', [row('queued', 5, 20), row('offered', 20, 40, 'A'), row('ended', 40, 40)]],
  ])('%s (SEG-07): nobody', (_, rows) => {
    expect(legsAsText(rows)).toEqual([]);
  });

  it('an outbound call begins at the answer, as any other', () => {
    const rows = [
      row('task-created', 0, 60),
      row('offered', 1, 9, 'A'),
      row('connected', 9, 60, 'A'),
      row('ended', 60, 60),
    ];
    expect(legsAsText(rows, { direction: 'outbound' })).toEqual(['A 9–60']);
  });

  it('`ended` twice: the consultation’s own end in mid-call does not end the call', () => {
    const rows = [
      row('connected', 10, 30, 'A'),
      row('held', 30, 50, 'A'),
      row('consulting', 35, 45, 'A', 'B'),
      row('consult-ended', 45, 50, 'A'),
      row('ended', 45.2, 45.2, 'B'),
      row('hold-ended', 50, 90, 'A'),
      row('ended', 90, 90, 'A'),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–90']);
  });

  it('`ended` twice at the end: the first after the talk counts', () => {
    const rows = [row('connected', 10, 90, 'A'), row('ended', 90, 90, 'A'), row('ended', 93, 93)];
    expect(legsAsText(rows)).toEqual(['A 10–90']);
  });

  it.each([['B'], ['A']])(
    'a task that ended and went on (a call back, answered by %s) has a leg before and one after',
    (who) => {
      const rows = [
        row('connected', 10, 30, 'A'),
        row('ended', 30, 30, 'A'),
        row('queued', 30, 80),
        row('offered', 80, 90, who),
        row('connected', 90, 120, who),
        row('ended', 120, 120, who),
      ];
      expect(legsAsText(rows)).toEqual(['A 10–30', `${who} 90–120`]);
    },
  );

  it('the answer told twice is one answer', () => {
    const rows = [row('connected', 10, 30, 'A'), row('connected', 12, 60, 'A'), row('ended', 60, 60)];
    expect(legsAsText(rows)).toEqual(['A 10–60']);
  });

  it('rows that contradict each other: the last end counts, within the task', () => {
    const rows = [row('connected', 10, 95, 'A'), row('ended', 70, 70), row('ended', 90, 90)];
    expect(legsAsText(rows)).toEqual(['A 10–90']);
    expect(legsAsText(rows, { endedAtMs: ms(80) })).toEqual(['A 10–80']);
  });

  it('without an `ended` row the task’s own end is taken', () => {
    expect(legsAsText([row('connected', 10, 90, 'A')], { endedAtMs: ms(88) })).toEqual(['A 10–88']);
  });

  it('an answer that does not name the agent is the one to whom the call was transferred', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('blind-transferred', 20, 21, 'A', 'B'),
      row('transferred', 21, 30, 'A', 'B'),
      row('connected', 30, 60),
      row('ended', 60, 60),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–20', 'B 30–60']);
  });

  it('an answer that names nobody is that of the agent to whom the call was offered last', () => {
    const rows = [
      row('offered', 5, 15, 'A'),
      row('offered', 15, 25, 'B'),
      row('connected', 25, 60),
      row('ended', 60, 60),
    ];
    expect(legsAsText(rows)).toEqual(['B 25–60']);
  });

  it('rows in any order, and rows that begin in one millisecond, tell the same story', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('consult-transferred', 20, 20, 'A', 'B'),
      row('transferred', 20, 20, 'A', 'B'),
      row('connected', 20, 60, 'B'),
      row('ended', 60, 60, 'B'),
    ];
    for (let turn = 0; turn < rows.length; turn++) {
      rows.push(rows.shift()!);
      expect(legsAsText(rows, { endedAtMs: ms(60) })).toEqual(['A 10–20', 'B 20–60']);
      expect(legsAsText(rows.toReversed(), { endedAtMs: ms(60) })).toEqual(['A 10–20', 'B 20–60']);
    }
  });
});
