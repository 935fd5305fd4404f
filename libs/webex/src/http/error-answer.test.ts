import { describe, expect, it } from '@jest/globals';
import { describeWithSamples, readSample } from '../testing/samples.ts';
import { errorInsideSuccess, readErrorAnswer, retryAfterOf } from './error-answer.ts';
import { delayBeforeAttempt } from './retry-policy.ts';

describeWithSamples("Cisco's error bodies", () => {
  it('of the data APIs', () => {
    expect(readErrorAnswer(readSample('errors-data-api-spec-example.json'))).toMatchObject({
      key: '401',
      text: 'Incorrect Credentials.',
      trackingId: 'c1a4fcef-aee2-4dea-8977-29f594760552',
    });
  });

  it('of subscriptions, with an integer key', () => {
    expect(readErrorAnswer(readSample('errors-subscriptions-spec-example.json'))).toMatchObject({
      key: '400',
      text: 'Body is invalid JSON.',
      trackingId: 'NOTIFS_9bcdc696-57fa-4e91-b5aa-57a66a347c23',
    });
  });

  it.each(['400', '401', '403', '404', '409', '429', '500'])('of the configuration API: %s', (status) => {
    expect(readErrorAnswer(readSample(`errors-config-${status}.json`))).toMatchObject({
      key: status,
      text: 'Test error',
      trackingId: 'ccconfig_af9eecc5-0472-4549-9a83-2afdae0d4ba0',
    });
  });
});

describe('error bodies of other forms', () => {
  it.each([
    [undefined, { key: null, text: null, trackingId: null }],
    [{ errors: [{ key: '400', message: 'Plain.' }] }, { key: '400', text: 'Plain.', trackingId: null }],
    [
      { message: 'Top.', errors: [{ description: 'Inner.' }], trackingId: 'ROUTER_1' },
      { key: null, text: 'Inner.', trackingId: 'ROUTER_1' },
    ],
    [
      { error: 'invalid_grant', error_description: 'Expired.' },
      { key: 'invalid_grant', text: 'Expired.', trackingId: null },
    ],
    [{ message: 'Only this.' }, { key: null, text: 'Only this.', trackingId: null }],
    [{ errors: [] }, { key: null, text: null, trackingId: null }],
    ['text', { key: null, text: null, trackingId: null }],
  ])('%j', (body, expected) => {
    expect(readErrorAnswer(body)).toMatchObject(expected);
  });

  it('tell every fault of a question, with its lines and its path, without what was secret in them', () => {
    const errors = [
      {
        message: 'Cannot query field "a".',
        locations: [
          { line: 14, column: 7 },
          { line: 20, column: 1 },
        ],
      },
      { message: 'Not for you: Bearer abcdef', path: ['taskDetails', 'tasks', 0, 'mapped1'] },
      { locations: [] },
    ];
    expect(readErrorAnswer({ errors }).faults).toEqual([
      { message: 'Cannot query field "a".', lines: [14, 20], path: [] },
      { message: 'Not for you: Bearer [removed]', lines: [], path: ['taskDetails', 'tasks', '0', 'mapped1'] },
    ]);
  });

  it('inside HTTP 200 are judged by their key, their text, or taken for passing', () => {
    const kindOf = (key: string | null, text: string) => errorInsideSuccess('It', { key, text, trackingId: null }).kind;
    expect(kindOf('429', 'slow down')).toBe('rate-limited');
    expect(kindOf('ValidationError', 'x')).toBe('invalid-request');
    expect(kindOf(null, 'Cannot query field "entryPoint" on type "TaskDetails".')).toBe('invalid-request');
    expect(kindOf(null, 'Exception while fetching data')).toBe('unavailable');
  });

  it.each([
    ["Validation error (FieldUndefined@[taskDetails]) : Field 'x' in type 'Query' is undefined", 'invalid-request'],
    ["Invalid syntax : offending token '<EOF>' at line 1 column 9", 'invalid-request'],
    ['Syntax Error: Expected Name, found <EOF>.', 'invalid-request'],
    ['Field "owner" must not have a selection since type "String" has no subfields.', 'invalid-request'],
    ['Unknown argument "size" on field "Query.taskDetails".', 'invalid-request'],
    ['Variable "$from" got invalid value "x"; Long cannot represent "x".', 'invalid-request'],
    ['Failed to parse response of backend', 'unavailable'],
    ['Invalid response from upstream: syntax error near line 3', 'unavailable'],
    ['The validation service did not answer', 'unavailable'],
  ])('inside HTTP 200, of no code: “%s” is %s', (message, kind) => {
    expect(errorInsideSuccess('It', readErrorAnswer({ errors: [{ message }] }))).toMatchObject({ kind });
  });

  it.each([
    ['GRAPHQL_VALIDATION_FAILED', 'invalid-request'],
    ['InvalidSyntax', 'invalid-request'],
    ['DataFetchingException', 'unavailable'],
    ['INTERNAL_SERVER_ERROR', 'unavailable'],
  ])('inside HTTP 200, told by its extensions: %s is %s', (name, kind) => {
    for (const extensions of [{ code: name }, { classification: name }]) {
      const body = { errors: [{ message: 'Could not parse it', extensions }] };
      expect(errorInsideSuccess('It', readErrorAnswer(body))).toMatchObject({ kind });
    }
  });
});

describe('when to try again', () => {
  it('Retry-After is seconds or a date, at most 15 minutes', () => {
    const nowMs = Date.parse('2026-11-22T10:00:00Z');
    expect(retryAfterOf('7', nowMs)).toBe(7000);
    expect(retryAfterOf('Sun, 22 Nov 2026 10:00:30 GMT', nowMs)).toBe(30_000);
    expect(retryAfterOf('86400', nowMs)).toBe(900_000);
    expect(retryAfterOf('soon', nowMs)).toBeUndefined();
    expect(retryAfterOf(undefined, nowMs)).toBeUndefined();
  });

  it('delays double up to 10 s, between half and whole, unless the server said when', () => {
    const least = [1, 2, 3, 10].map((attempt) => delayBeforeAttempt(attempt, undefined, () => 0));
    const most = [1, 2, 3, 10].map((attempt) => delayBeforeAttempt(attempt, undefined, () => 1));
    expect(least).toEqual([125, 250, 500, 5_000]);
    expect(most).toEqual([250, 500, 1_000, 10_000]);
    expect(delayBeforeAttempt(1, 42_000)).toBe(42_000);
  });
});
