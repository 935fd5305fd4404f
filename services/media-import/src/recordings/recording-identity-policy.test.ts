import { describe, expect, it } from '@jest/globals';
import { matchKnown, type NamedRecording } from './recording-identity-policy.ts';

/** A recording from `from` to `to`; its id is made of both. */
const named = (from: number, to: number, more: Partial<NamedRecording> = {}): NamedRecording => ({
  recordingId: `${from}–${to}`,
  webexRecordingId: 'w',
  leg: 'main',
  isSegment: true,
  startedAtMs: from,
  endedAtMs: to,
  ...more,
});
const matched = (offered: NamedRecording[], known: NamedRecording[]) =>
  [...matchKnown(offered, known)].map(([id, before]) => `${id} is ${before}`);

describe('a recording whose clock the ACD corrects (architecture rule 8)', () => {
  it('keeps its id', () => {
    expect(matched([named(12, 20)], [named(10, 20)])).toEqual(['12–20 is 10–20']);
  });

  it('is not in question when nothing was corrected, or nothing is known', () => {
    expect(matched([named(10, 20), named(20, 30)], [named(10, 20), named(20, 30)])).toEqual([]);
    expect(matched([named(10, 20)], [])).toEqual([]);
  });

  it.each<[string, Partial<NamedRecording>]>([
    ['Webex id', { webexRecordingId: 'other' }],
    ['leg', { leg: 'consult' }],
    ['kind', { isSegment: false }],
  ])('is another one when it has another %s', (_, more) => {
    expect(matched([named(12, 20, more)], [named(10, 20)])).toEqual([]);
  });

  it('is told from the other segments of one Webex id by the time that it shares', () => {
    expect(matched([named(10, 20), named(22, 30)], [named(10, 20), named(20, 30)])).toEqual(['22–30 is 20–30']);
    expect(matched([named(11, 19), named(19, 31)], [named(10, 20), named(20, 30)]).sort()).toEqual([
      '11–19 is 10–20',
      '19–31 is 20–30',
    ]);
  });

  it('is not taken for a further segment that follows it, also when its own is not offered this time', () => {
    expect(matched([named(10, 20), named(30, 40)], [named(10, 20), named(20, 30)])).toEqual([]);
  });

  it('is given to one only', () => {
    expect(matched([named(11, 20), named(12, 20)], [named(10, 20)])).toEqual(['11–20 is 10–20']);
  });
});
