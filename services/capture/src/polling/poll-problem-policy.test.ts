import { describe, expect, it } from '@jest/globals';
import { nextPollDelayMs, type PollFailure, tellProblem } from './poll-problem-policy.ts';

const failure = (changes: Partial<PollFailure> = {}): PollFailure => ({
  message: 'Searching tasks failed with HTTP 503.',
  webexKind: 'unavailable',
  isTokenMissing: false,
  retryAfterMs: null,
  ...changes,
});

describe('nextPollDelayMs', () => {
  const delays = (count: number, one: PollFailure | null) =>
    Array.from({ length: count }, (_, failuresBefore) =>
      nextPollDelayMs({ intervalMs: 10_000, failuresBefore, failure: one }),
    );
  it('keeps the interval, doubles it with each failure up to a minute', () => {
    expect(delays(2, null)).toEqual([10_000, 10_000]);
    expect(delays(5, failure())).toEqual([10_000, 20_000, 40_000, 60_000, 60_000]);
  });
  it('lets Retry-After win', () => {
    expect(delays(2, failure({ retryAfterMs: 90_000 }))).toEqual([90_000, 90_000]);
    expect(delays(1, failure({ retryAfterMs: 500 }))).toEqual([10_000]);
  });
});

describe('tellProblem', () => {
  it('names what happened and what to do', () => {
    expect(tellProblem(failure({ webexKind: 'unauthorized' }))).toMatchObject({
      code: 'webex-unauthorized',
      remedy: expect.stringContaining('Authorize the ACD again'),
    });
    expect(tellProblem(failure({ webexKind: null, isTokenMissing: true }))).toMatchObject({ code: 'token-missing' });
  });
  it('does not repeat the text of an unknown error', () => {
    const told = tellProblem(failure({ webexKind: null, message: 'postgres://user:secret@host' }));
    expect(JSON.stringify(told)).not.toContain('secret');
  });
});
