import { describe, expect, it } from '@jest/globals';
import { contactsAsText, row, segment, task } from '../../test/call-rows.ts';

describe('hold and resume (SEG-02, MED-04): one contact, silent where held', () => {
  it('talk, hold, talk', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 40, 'A'),
      row('hold-ended', 40, 70, 'A'),
      row('ended', 70, 70),
    ];
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–70 silent 20–40']);
  });

  it('twice', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 40, 'A'),
      row('hold-ended', 40, 50, 'A'),
      row('held', 50, 51, 'A'),
      row('hold-ended', 51, 60, 'A'),
      row('ended', 60, 60),
    ];
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–60 silent 20–40, 50–51']);
  });

  it('the customer hangs up on hold: silent to the end', () => {
    const rows = [row('connected', 10, 20, 'A'), row('held', 20, 40, 'A'), row('ended', 40, 40)];
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–40 silent 20–40']);
  });

  it('a transfer out of the hold ends it', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 40, 'A'),
      row('blind-transferred', 40, 41, 'A', 'B'),
      row('connected', 50, 60, 'B'),
      row('ended', 60, 60),
    ];
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–40 silent 20–40', 'B 50–60']);
  });

  it('held twice without a resume between is one hold', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 30, 'A'),
      row('held', 30, 40, 'A'),
      row('hold-ended', 40, 60, 'A'),
      row('ended', 60, 60),
    ];
    expect(contactsAsText(segment(task(rows)))).toEqual(['A 10–60 silent 20–40']);
  });

  it('a hold and its resume in one millisecond, and the next hold at once', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 30, 'A'),
      row('hold-ended', 30, 30, 'A'),
      row('held', 30, 40, 'A'),
      row('hold-ended', 40, 60, 'A'),
      row('ended', 60, 60),
    ];
    expect(contactsAsText(segment(task(rows.toReversed())))).toEqual(['A 10–60 silent 20–40']);
  });
});
