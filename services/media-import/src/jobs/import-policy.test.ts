import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  expectsRecording,
  IMPORT_RULES,
  type ImportLook,
  judgeImport,
  PRIORITY,
  wantsImport,
} from './import-policy.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const ENDED_MS = 1_780_000_000_000;
const job = (changes: object = {}) => ({
  attempts: 1,
  refusals: 0,
  endedAtMs: ENDED_MS,
  recordingExpected: true,
  ...changes,
});
const at = (afterEndMs: number, random = 1) => ({ nowMs: ENDED_MS + afterEndMs, random });
const look = (changes: Partial<ImportLook> = {}): ImportLook => ({ offered: 1, stored: 1, failure: null, ...changes });
const failure = { code: 'truncated', reason: 'The file is incomplete.', isOfTask: true };

describe('MED-01 which tasks are imported', () => {
  it.each([
    ['voice', true, true],
    ['voice', false, false],
    ['chat', true, false],
    ['email', true, false],
  ] as const)('%s with contacts wanted: %s → %s', (channel, contactsWanted, wanted) => {
    expect(wantsImport({ channel, contactsWanted })).toBe(wanted);
  });

  it('expects a recording where the ACD was asked for one or tells of one', () => {
    const row = (kind: string) => [{ kind }] as Parameters<typeof expectsRecording>[0]['activities'];
    expect(expectsRecording({ recordingRequested: true, activities: [] })).toBe(true);
    expect(expectsRecording({ recordingRequested: null, activities: row('recording-started') })).toBe(true);
    expect(expectsRecording({ recordingRequested: false, activities: row('connected') })).toBe(false);
  });
});

describe('MED-08 what follows from a look', () => {
  it('looks at a whole import once more ten minutes after the call, behind what has just ended', () => {
    const verdict = { state: 'waiting', atMs: ENDED_MS + 10 * MINUTE_MS, priority: PRIORITY.relook, code: null };
    expect(judgeImport(look(), job(), at(5_000))).toMatchObject(verdict);
    expect(judgeImport(look(), job(), at(10 * MINUTE_MS))).toEqual({ state: 'done', code: null, reason: null });
  });

  it('believes that a call without any sign was not recorded once it has settled', () => {
    const none = look({ offered: 0, stored: 0 });
    const quiet = job({ recordingExpected: false });
    expect(judgeImport(none, quiet, at(5_000))).toMatchObject({ state: 'waiting', priority: PRIORITY.relook });
    expect(judgeImport(none, quiet, at(10 * MINUTE_MS))).toMatchObject({ state: 'done', code: 'not-recorded' });
  });

  // 2 s, doubled by each further attempt; the jitter takes up to half of it away.
  it.each([
    [1, 2_000],
    [2, 4_000],
    [5, 32_000],
    [30, 30 * MINUTE_MS],
  ])('waits longer after each attempt: %i → at most %i ms', (attempts, ms) => {
    const none = look({ offered: 0, stored: 0 });
    const atMs = (random: number) => {
      const verdict = judgeImport(none, job({ attempts }), at(0, random));
      return verdict.state === 'waiting' ? verdict.atMs - ENDED_MS : Number.NaN;
    };
    expect([atMs(1), atMs(0)]).toEqual([ms, ms / 2]);
  });

  it('asks less and less for an old call: every 24 hours after ten days', () => {
    const verdict = judgeImport(look({ failure }), job({ attempts: 99 }), at(10 * DAY_MS));
    expect(verdict).toMatchObject({ state: 'waiting', atMs: ENDED_MS + 11 * DAY_MS, priority: PRIORITY.stubborn });
  });

  it('gives up when the ACD keeps the capture no longer, with the reason, but not before five refusals', () => {
    const late = at(30 * DAY_MS);
    const { code, reason } = failure;
    expect(judgeImport(look({ stored: 0, failure }), job({ refusals: 4 }), late)).toEqual({
      state: 'failed',
      code,
      reason,
    });
    expect(judgeImport(look({ stored: 0, failure }), job({ refusals: 3 }), late)).toMatchObject({ state: 'waiting' });
    expect(judgeImport(look(), job({ refusals: 4 }), late)).toMatchObject({ state: 'done' });
    expect(judgeImport(look({ offered: 0, stored: 0 }), job({ refusals: 4 }), late)).toMatchObject({
      state: 'failed',
      code: 'not-offered',
    });
  });

  it('never gives up for an outage, a used-up budget or a missing token, however old the call', () => {
    const away = { code: 'webex-unavailable', reason: 'Webex is away.', isOfTask: false };
    const old = job({ attempts: 99, refusals: 98 });
    expect(judgeImport(look({ offered: 0, stored: 0, failure: away }), old, at(60 * DAY_MS))).toMatchObject({
      state: 'waiting',
      code: 'webex-unavailable',
      isOfTask: false,
    });
  });

  it('never forgets a recording, never fails before its time, never waits for the past', () => {
    const input = fc.record({
      offered: fc.nat(4),
      missing: fc.nat(4),
      fails: fc.boolean(),
      isOfTask: fc.boolean(),
      attempts: fc.integer({ min: 1, max: 10_000 }),
      refusals: fc.integer({ min: 0, max: 10_000 }),
      recordingExpected: fc.boolean(),
      ageMs: fc.integer({ min: 0, max: 60 * DAY_MS }),
      random: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        input,
        ({ offered, missing, fails, isOfTask, attempts, refusals, recordingExpected, ageMs, random }) => {
          const stored = Math.max(0, offered - missing);
          const now = at(ageMs, random);
          const verdict = judgeImport(
            { offered, stored, failure: fails ? { ...failure, isOfTask } : null },
            job({ attempts, refusals, recordingExpected }),
            now,
          );
          const isWhole = !fails && stored === offered && (offered > 0 || !recordingExpected);
          if (!isWhole) expect(verdict.state).not.toBe('done');
          if (isWhole) expect(verdict.state).not.toBe('failed');
          if (fails && !isOfTask) expect(verdict.state).not.toBe('failed');
          if (verdict.state === 'failed') expect(ageMs).toBeGreaterThanOrEqual(IMPORT_RULES.giveUpAfterMs);
          if (verdict.state === 'waiting') {
            expect(verdict.atMs).toBeGreaterThan(now.nowMs);
            expect(verdict.code === null).toBe(isWhole);
          }
        },
      ),
    );
  });
});
