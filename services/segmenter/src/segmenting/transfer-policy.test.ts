import { describe, expect, it } from '@jest/globals';
import { legsAsText, ms, row, segment, task } from '../../test/call-rows.ts';

describe('transfers (SEG-03): n completed transfers give n + 1 legs', () => {
  it('the guide’s example: Braun 0:44, transferred cold, Hodges 1:14', () => {
    const rows = [
      row('task-created', 0, 3),
      row('offered', 3, 10, 'Braun'),
      row('connected', 10, 54, 'Braun'),
      row('blind-transferred', 54, 54.8, 'Braun', 'Hodges'),
      row('transferred', 54.8, 67.8, 'Braun', 'Hodges'),
      row('wrap-up', 54.8, 60, 'Braun'),
      row('connected', 67.8, 141.8, 'Hodges'),
      row('ended', 141.8, 141.8),
    ];
    expect(legsAsText(rows)).toEqual(['Braun 10–54', 'Hodges 67.8–141.8']);
    expect(segment(task(rows)).map(({ contact }) => contact.durationMs)).toEqual([44_000, 74_000]);
  });

  it('to a queue: the leg ends where the contact is taken out of its queue', () => {
    const rows = [
      row('offered', 3, 10, 'A'),
      row('connected', 10, 40, 'A'),
      row('dequeued', 40, 40.1, 'A'),
      row('queue-transferred', 40.1, 41.8, 'A'),
      row('wrap-up', 41, 47, 'A'),
      row('flow-step', 42, 42),
      row('offered', 42, 53, 'B'),
      row('connected', 53, 92, 'B'),
      row('ended', 92, 92),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–40', 'B 53–92']);
  });

  it('A to B to supervisor C: three', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('blind-transferred', 20, 21, 'A', 'B'),
      row('transferred', 21, 30, 'A', 'B'),
      row('connected', 30, 40, 'B'),
      row('dequeued', 40, 40, 'B'),
      row('queue-transferred', 40, 50, 'B'),
      row('offered', 50, 55, 'C'),
      row('connected', 55, 99, 'C'),
      row('ended', 99, 99),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–20', 'B 30–40', 'C 55–99']);
  });

  it('A to B and back to A: A has two (SEG-07)', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('blind-transferred', 20, 21, 'A', 'B'),
      row('connected', 30, 40, 'B'),
      row('blind-transferred', 40, 41, 'B', 'A'),
      row('connected', 50, 60, 'A'),
      row('ended', 60, 60),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–20', 'B 30–40', 'A 50–60']);
  });

  it.each([
    ['nobody answers', 'B'],
    ['to an external number', null],
  ])('%s: only the first agent’s', (_, to) => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('blind-transferred', 20, 21, 'A', to),
      row('transferred', 21, 41, 'A', to),
      row('ended', 41, 41),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–20']);
  });

  it('a transfer that falls through leaves one leg', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 30, 'A'),
      row('blind-transferred', 25, 26, 'A', 'B'),
      row('hold-ended', 30, 60, 'A'),
      row('ended', 60, 60),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–60']);
  });

  it('a resume that trails behind a completed transfer means nothing', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 30, 'A'),
      row('consult-transferred', 30, 30.5, 'A', 'B'),
      row('hold-ended', 30.6, 30.6, 'A'),
      row('connected', 31, 60, 'B'),
      row('ended', 60, 60),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–30', 'B 31–60']);
  });

  it('a transfer row that arrives behind the answer it led to does not end the new leg', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('blind-transferred', 20, 21, 'A', 'B'),
      row('connected', 21, 60, 'B'),
      row('transferred', 21.002, 21.002, 'A', 'B'),
      row('ended', 60, 60),
    ];
    expect(legsAsText(rows)).toEqual(['A 10–20', 'B 21–60']);
  });

  it('another agent’s answer without any transfer row ends the leg before it', () => {
    const rows = [row('connected', 10, 20, 'A'), row('connected', 30, 60, 'B'), row('ended', 60, 60)];
    expect(legsAsText(rows, { endedAtMs: ms(60) })).toEqual(['A 10–30', 'B 30–60']);
  });
});
