import { describe, expect, it } from '@jest/globals';
import {
  contactsAsText,
  heardAsText,
  NEVER_OFFERED,
  recording,
  row,
  segment,
  task,
  unavailable,
} from '../../test/call-rows.ts';

const twoLegs = [
  row('connected', 10, 30, 'A'),
  row('blind-transferred', 30, 31, 'A', 'B'),
  row('connected', 40, 100, 'B'),
  row('ended', 100, 100),
];
const heard = (changed: ReturnType<typeof segment>) => changed.map(({ contact }) => heardAsText(contact));

describe('upload states (MED-02)', () => {
  it('nothing stored yet', () => {
    const [a] = segment(task(twoLegs));
    expect(a!.contact.audio).toEqual({ state: 'file-not-yet-uploaded', reason: null, editList: null });
  });

  it('never recorded', () => {
    const [a] = segment(task(twoLegs, { recordingRequested: false }));
    expect(a!.contact.audio).toMatchObject({ state: 'no-file-to-upload', editList: null });
    expect(a!.contact.audio.reason).toMatch(/not asked to record/);
  });

  it('none will come: the reason of the import, until it looks again', () => {
    const first = segment(task(twoLegs));
    const second = segment(task(twoLegs), [], first, unavailable(1));
    const never = { state: 'no-file-to-upload', reason: NEVER_OFFERED, editList: null };
    expect(second.map(({ contact }) => [contact.version, contact.audio])).toEqual([
      [2, never],
      [2, never],
    ]);
    const third = segment(task(twoLegs), [], second, unavailable(2, { withdrawn: true }));
    expect(third.map(({ contact }) => [contact.version, contact.audio.state, contact.audio.reason])).toEqual([
      [3, 'file-not-yet-uploaded', null],
      [3, 'file-not-yet-uploaded', null],
    ]);
  });

  it('none will come any more: what is stored counts for more, and the rest of the call has none', () => {
    const onlyOfA = [recording(1, 10, 30, { isSegment: true })];
    expect(contactsAsText(segment(task(twoLegs), onlyOfA, [], unavailable(1)))).toEqual([
      'A 10–30 file-uploaded',
      'B 40–100 no-file-to-upload',
    ]);
  });

  it('never recorded, and told so, too: nothing new is said', () => {
    const first = segment(task(twoLegs, { recordingRequested: false }));
    expect(segment(task(twoLegs, { recordingRequested: false }), [], first, unavailable(1))).toEqual([]);
  });

  it('a recording that is there counts for more than what was asked', () => {
    const contacts = segment(task(twoLegs, { recordingRequested: false }), [recording(1, 10, 100)]);
    expect(contactsAsText(contacts)).toEqual(['A 10–30 file-uploaded', 'B 40–100 file-uploaded']);
  });

  it('its arrival makes the next version, once (SEG-09)', () => {
    const first = segment(task(twoLegs));
    const second = segment(task(twoLegs), [recording(1, 10, 100)], first);
    expect(second.map(({ contact }) => [contact.version, contact.audio.state])).toEqual([
      [2, 'file-uploaded'],
      [2, 'file-uploaded'],
    ]);
    expect(segment(task(twoLegs), [recording(1, 10, 100), recording(1, 10, 100)], second)).toEqual([]);
  });

  it('a recording of another part of the call, or only of a consultation, is not this contact’s', () => {
    const contacts = segment(task(twoLegs), [recording(1, 10, 30, { isSegment: true })]);
    expect(contactsAsText(contacts)).toEqual(['A 10–30 file-uploaded', 'B 40–100']);
    expect(contactsAsText(segment(task(twoLegs), [recording(1, 10, 30, { leg: 'consult' })]))).toEqual([
      'A 10–30',
      'B 40–100',
    ]);
  });
});

describe('edit lists (MED-03, MED-04)', () => {
  it('windows are cut from the recording of the whole call', () => {
    expect(heard(segment(task(twoLegs), [recording(1, 10.5, 100)]))).toEqual([
      ['0–0.5 silence no-recording', '0.5–20 recording 1 from 0'],
      ['0–60 recording 1 from 29.5'],
    ]);
  });

  it('or put together from segments, or filled with them where the whole has gaps', () => {
    const segments = [
      recording(2, 10, 30, { isSegment: true }),
      recording(3, 40, 70, { isSegment: true }),
      recording(4, 70, 100, { isSegment: true }),
    ];
    expect(heard(segment(task(twoLegs), segments))).toEqual([
      ['0–20 recording 2 from 0'],
      ['0–30 recording 3 from 0', '30–60 recording 4 from 0'],
    ]);
    expect(heard(segment(task(twoLegs), [...segments, recording(1, 10, 80)]))[1]).toEqual([
      '0–40 recording 1 from 30',
      '40–60 recording 4 from 10',
    ]);
  });

  it('holds are silent on the contact’s own clock', () => {
    const rows = [
      row('connected', 10, 20, 'A'),
      row('held', 20, 40, 'A'),
      row('hold-ended', 40, 70, 'A'),
      row('ended', 70, 70),
    ];
    expect(heard(segment(task(rows), [recording(1, 10, 70)]))).toEqual([
      ['0–10 recording 1 from 0', '10–30 silence hold', '30–60 recording 1 from 30'],
    ]);
  });

  it('a later generation replaces the earlier ones, in whatever order they come', () => {
    const generations = [recording(1, 10, 100, { generation: 2 }), recording(1, 10, 100)];
    for (const recordings of [generations, generations.toReversed()]) {
      const pieces = segment(task(twoLegs), recordings).flatMap(({ contact }) => contact.audio.editList!.pieces);
      expect(pieces.map((piece) => piece.kind === 'recording' && piece.generation)).toEqual([2, 2]);
    }
  });

  it('a corrected clock of a recording moves what is heard, in whatever order it is told', () => {
    const told = [recording(1, 10, 100), recording(1, 12, 102, { revision: 2 })];
    for (const recordings of [told, told.toReversed()]) {
      expect(heard(segment(task(twoLegs), recordings))).toEqual([
        ['0–2 silence no-recording', '2–20 recording 1 from 0'],
        ['0–60 recording 1 from 28'],
      ]);
    }
  });

  it('recordings of another rate than the whole call’s are left out instead of failing the contact', () => {
    const other = recording(2, 10, 100, { isSegment: true });
    other.format = { ...other.format, sampleRateHz: 16_000 };
    expect(heard(segment(task(twoLegs), [recording(1, 10, 20), other]))[0]).toEqual([
      '0–10 recording 1 from 0',
      '10–20 silence no-recording',
    ]);
  });
});
