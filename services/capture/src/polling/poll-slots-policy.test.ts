import { describe, expect, it } from '@jest/globals';
import { nextPlace, type RunningPoll } from './poll-slots-policy.ts';

const NOW_MS = 1_780_000_000_000;
const quick: RunningPoll = { startedAtMs: NOW_MS - 1_000, isTroubled: false };
const lasting: RunningPoll = { startedAtMs: NOW_MS - 10_001, isTroubled: false };
const troubled: RunningPoll = { startedAtMs: NOW_MS, isTroubled: true };
const place = (running: RunningPoll[], concurrency = 4) => nextPlace(running, concurrency, NOW_MS);

describe('nextPlace (a slow tenant cannot starve another)', () => {
  it('lets anybody in while there is room', () => {
    expect(place([])).toBe('any');
    expect(place([quick, quick, quick])).toBe('any');
    expect(place([quick, quick, quick, quick])).toBe('none');
  });

  it('keeps half of the places for ACDs whose last poll went well', () => {
    expect(place([troubled])).toBe('any');
    expect(place([troubled, troubled])).toBe('quick');
    expect(place([troubled, troubled, quick])).toBe('quick');
    expect(place([troubled, troubled, quick, quick])).toBe('none');
  });

  it('gives places of polls that turn out slow to others', () => {
    expect(place([lasting, lasting, lasting, lasting])).toBe('any');
    expect(place([lasting, lasting, lasting, lasting, quick, quick])).toBe('none');
  });

  it('lets an ACD that failed try again while others catch up for long', () => {
    expect(place([lasting, lasting, lasting])).toBe('any');
    expect(place([lasting, lasting, troubled, troubled])).toBe('quick');
  });

  it('never runs more than twice as many', () => {
    expect(place(Array.from({ length: 7 }, () => lasting))).toBe('any');
    expect(place(Array.from({ length: 8 }, () => lasting))).toBe('none');
  });

  it('has one place for all where there is one', () => {
    expect(place([], 1)).toBe('any');
    expect(place([troubled], 1)).toBe('none');
  });
});
