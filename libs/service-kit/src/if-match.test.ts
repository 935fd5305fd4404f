import { describe, expect, it } from '@jest/globals';
import { entityTag, requireIfMatch } from './if-match.ts';
import { ProblemError } from './problem.ts';

const about = { revision: 7, what: 'The ACD Europe', readBy: 'GET /v1/acds/{acdId}' };
const statusOf = (header: string | undefined) => {
  try {
    requireIfMatch(header, about);
    return 200;
  } catch (error) {
    return error instanceof ProblemError ? error.statusCode : error;
  }
};

describe('If-Match (RFC 9110 §13.1.1)', () => {
  it.each([
    ['"7"', 200],
    ['"6", "7"', 200],
    ['*', 200],
    [entityTag(7), 200],
    ['"6"', 412],
    ['7', 412],
    ['W/"7"', 412],
    ['', 428],
    [undefined, 428],
  ])('%j: %d', (header, status) => expect(statusOf(header)).toBe(status));

  it('names the version that is there', () => {
    expect(() => requireIfMatch('"6"', about)).toThrow(
      'The ACD Europe was changed since you read it: it is version "7" now.',
    );
  });
});
