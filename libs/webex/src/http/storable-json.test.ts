import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseStorableJson } from './storable-json.ts';

/** Texts with what no database stores, what looks like its escape, and all else. */
const odd = fc.constantFrom('\u0000', '\ud800', '\udfff', '😀', '\\u0000', '\\', 'é', '\u0001', '"', 'a');
const text = fc.array(odd, { maxLength: 8 }).map((parts) => parts.join(''));
const answers = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, text, fc.integer(), fc.constant(null), tie('list'), tie('record')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  record: fc.dictionary(fc.constantFrom('id', 'name', 'tasks'), tie('value')),
})).value;

/** The rule by hand: character by character. */
function expected(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expected);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, expected(one)]));
  }
  if (typeof value !== 'string') return value;
  return [...value].map((one) => (one === '\u0000' || /^[\ud800-\udfff]$/.test(one) ? '\ufffd' : one)).join('');
}

describe('JSON from outside', () => {
  it('CAP-01 holds no NUL and no half of a surrogate pair, and all else as it was sent', () => {
    fc.assert(
      fc.property(answers, (answer) => {
        expect(parseStorableJson(JSON.stringify(answer))).toEqual(expected(answer));
      }),
    );
  });

  it('CAP-01 knows the escapes in either case, in lists and in ids', () => {
    expect(parseStorableJson('{"id":"a\\u0000","names":["\\uD800x","\\udFFF","\\uD83D\\uDE00"]}')).toEqual({
      id: 'a\ufffd',
      names: ['\ufffdx', '\ufffd', '😀'],
    });
  });

  it('CAP-01 is refused where it is none, a bare NUL included', () => {
    for (const bad of ['{', '{"a":"\u0000"}', 'NaN']) expect(() => parseStorableJson(bad)).toThrow(SyntaxError);
  });
});
