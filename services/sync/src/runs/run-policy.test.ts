import { describe, expect, it } from '@jest/globals';
import { nextIntervalMs, RUN_RULES, RUN_STATES, retryDelayMs, runDate } from './run-policy.ts';
import { isOfOneKind, tellProblem } from './run-problem-policy.ts';
import { changesTable } from './run-view.ts';

const MINUTE = 60_000;

describe('SYNC-01 when runs are due', () => {
  it('the interval counts from the beginning of the last run, is at least ten minutes, and is spread by a twentieth', () => {
    expect(nextIntervalMs({ startedAtMs: 0, intervalMinutes: 30, random: 0 })).toBe(30 * MINUTE);
    expect(nextIntervalMs({ startedAtMs: 0, intervalMinutes: 1, random: 0 })).toBe(10 * MINUTE);
    expect(nextIntervalMs({ startedAtMs: 0, intervalMinutes: 10, random: 1 })).toBe(10.5 * MINUTE);
    expect(nextIntervalMs({ startedAtMs: 0, intervalMinutes: 600, random: 1 })).toBe(601 * MINUTE);
  });

  it('a failed run is tried again after 1, 2, 4 … minutes, no later than the interval; Retry-After wins', () => {
    const after = (failuresBefore: number, retryAfterMs: number | null = null) =>
      retryDelayMs({ failuresBefore, intervalMinutes: 10, retryAfterMs }) / MINUTE;
    expect([0, 1, 2, 3, 4, 99].map((failures) => after(failures))).toEqual([1, 2, 4, 8, 10, 10]);
    expect(after(0, 90 * MINUTE)).toBe(90);
  });

  it('SYNC-02 the date of the run is that of the ACD’s zone, else of UTC', () => {
    const atMs = Date.parse('2026-03-02T23:30:00Z');
    expect(runDate(atMs, null)).toBe('2026-03-02');
    expect(runDate(atMs, 'Europe/Berlin')).toBe('2026-03-03');
  });
});

describe('the life of a run', () => {
  it('every state is reached from queued, and every way ends', () => {
    const reached = new Set(['queued']);
    for (const state of reached) for (const next of RUN_RULES[state as 'queued'].next) reached.add(next);
    expect([...reached].sort()).toEqual([...RUN_STATES].sort());
    const ends = RUN_STATES.filter((state) => RUN_RULES[state].next.length === 0);
    expect(ends).toEqual(['done', 'failed', 'rejected', 'stopped']);
    expect(RUN_RULES.applying.next).not.toContain('failed');
  });
});

describe('what is told of a problem', () => {
  const failure = { message: 'Listing users failed', webexKind: null, isTokenMissing: false, retryAfterMs: null };

  it('concerns one kind or the whole ACD', () => {
    expect(isOfOneKind({ ...failure, webexKind: 'incomplete' })).toBe(true);
    expect(isOfOneKind({ ...failure, webexKind: 'forbidden' })).toBe(true);
    for (const webexKind of ['unauthorized', 'not-published', 'host-not-allowed'] as const) {
      expect(isOfOneKind({ ...failure, webexKind })).toBe(false);
    }
    expect(isOfOneKind({ ...failure, isTokenMissing: true })).toBe(false);
  });

  it('names a code and a remedy, and nothing of an unknown error', () => {
    expect(tellProblem({ ...failure, webexKind: 'forbidden' })).toMatchObject({
      code: 'webex-forbidden',
      detail: 'Listing users failed',
    });
    expect(tellProblem({ ...failure, message: 'secret' }).detail).toBe('The run failed on our side.');
  });
});

describe('the table of changes', () => {
  it('is lined up for people', () => {
    const change = { seq: 1, itemId: 'i', outcome: null, webexId: 'w-1' } as const;
    const table = changesTable([
      {
        ...change,
        kind: 'user',
        change: 'change',
        name: 'Ada',
        reasons: ['why'],
        before: { active: true },
        after: { active: false },
      },
      {
        ...change,
        kind: 'team',
        change: 'add',
        name: 'Sales',
        reasons: ['new'],
        before: null,
        after: { name: 'Sales' },
      },
    ]);
    expect(table.split('\n')).toEqual([
      'change  kind  name   Webex id  what                 why',
      '------  ----  -----  --------  -------------------  ---',
      'change  user  Ada    w-1       active true → false  why',
      'add     team  Sales  w-1       name “Sales”         new',
      '',
    ]);
  });
});
