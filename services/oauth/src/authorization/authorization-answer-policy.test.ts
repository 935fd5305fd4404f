import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAuthorizationAnswer } from './authorization-answer-policy.ts';

const CODE = 'ZWIyNDk-MzAx_PF84_6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2';
const STATE = 'm3Tq9wZr-8k_2';
const BACK = 'https://bridge.example/v1/authorization/callback';

describe('AUTH-02 what an operator may paste', () => {
  const withState = { kind: 'code', code: CODE, state: STATE };
  const withoutState = { kind: 'code', code: CODE, state: null };
  it.each<[string, string, object]>([
    ['the bare code', CODE, withoutState],
    ['the code with padding', 'QUJDRA==', { kind: 'code', code: 'QUJDRA==', state: null }],
    ['a code whose padding looks like a name', 'scop=', { kind: 'code', code: 'scop=', state: null }],
    ['the code URL-encoded', 'QUJD%2BRA%3D%3D', { kind: 'code', code: 'QUJD+RA==', state: null }],
    ['the code URL-encoded twice', 'QUJD%252BRA%253D%253D', { kind: 'code', code: 'QUJD+RA==', state: null }],
    ['code and state', `code=${CODE}&state=${STATE}`, withState],
    ['state and code', `state=${STATE}&code=${CODE}`, withState],
    ['code alone, by its name', `code=${CODE}`, withoutState],
    ['with a leading ?', `?code=${CODE}&state=${STATE}`, withState],
    ['the whole redirect URL', `${BACK}?code=${CODE}&state=${STATE}`, withState],
    ['the whole redirect URL, the other order', `${BACK}?state=${STATE}&code=${CODE}`, withState],
    ['with a fragment behind', `${BACK}?code=${CODE}&state=${STATE}#_=_`, withState],
    ['the answer in the fragment', `${BACK}#code=${CODE}&state=${STATE}`, withState],
    ['without its protocol', `bridge.example/v1/authorization/callback?code=${CODE}&state=${STATE}`, withState],
    ['another redirect URI with a query of its own', `https://wfo.example/login?tenant=7&code=${CODE}`, withoutState],
    ['the same without its protocol', `wfo.example/login?tenant=7&code=${CODE}`, withoutState],
    ['a ? and the bare code', `?${CODE}`, withoutState],
    ['the guide: after the first equal sign to the end', `${CODE}&state=${STATE}`, withState],
    ['the guide, where the state comes first', `${STATE}&code=${CODE}`, withState],
    ['the equal sign copied along', `=${CODE}&state=${STATE}`, withState],
    ['copied out of HTML', `code=${CODE}&amp;state=${STATE}`, withState],
    ['in quotes', `“${CODE}”`, withoutState],
    ['in angle brackets, as mail programs put it', `<${BACK}?code=${CODE}&state=${STATE}>`, withState],
    ['spaces around', `  ${CODE}\t`, withoutState],
    ['broken into lines by a mail program', `${CODE.slice(0, 20)}\r\n  ${CODE.slice(20)}\n`, withoutState],
    [
      'a whole URL broken into lines',
      `${BACK}?co\nde=${CODE.slice(0, 9)}\n${CODE.slice(9)}&sta\nte=${STATE}`,
      withState,
    ],
    ['an encoded line break behind', `code=${CODE}%0A&state=${STATE}%20`, withState],
    ['a character of no width', `\ufeff${CODE.slice(0, 7)}\u200b${CODE.slice(7)}`, withoutState],
    ['more parameters', `code=${CODE}&session_state=1&iss=https%3A%2F%2Fx.example&state=${STATE}`, withState],
    ['the code twice, the same', `code=${CODE}&code=${CODE}`, withoutState],
    [
      'the person refused',
      `${BACK}?error=access_denied&state=${STATE}`,
      { kind: 'refused', error: 'access_denied', state: STATE },
    ],
    ['an error that is none', 'error=Call%20555', { kind: 'refused', error: 'unknown', state: null }],
  ])('takes %s', (_, pasted, expected) => expect(readAuthorizationAnswer(pasted)).toEqual(expected));

  it.each<[string, string, RegExp]>([
    ['nothing', '', /empty/],
    ['only white space and quotes', ' "\n" ', /empty/],
    ['an address without a query', BACK, /no code/],
    ['an address whose query has no code', `${BACK}?tenant=7`, /no code/],
    ['a state without a code', `${BACK}?state=${STATE}`, /no code/],
    ['an empty code', `code=&state=${STATE}`, /no code/],
    ['two different codes', `code=${CODE}&code=other`, /more than once/],
    ['two different states', `code=${CODE}&state=a&state=b`, /more than once/],
    ['a sentence', 'The code is: abc, isn’t it?', /no code|characters/],
    ['an e-mail address', 'admin@contactcentre.example', /characters/],
    ['a damaged encoding', '%E0%A4%A', /characters/],
    ['what is longer than any code', 'a'.repeat(5_000), /longer/],
    ['a damaged state', `code=${CODE}&state=%00`, /state/],
  ])('refuses %s', (_, pasted, reason) =>
    expect(readAuthorizationAnswer(pasted)).toEqual({ kind: 'unreadable', reason: expect.stringMatching(reason) }),
  );

  const token = fc.stringMatching(/^[A-Za-z0-9._~-][A-Za-z0-9._~+/-]{7,60}={0,2}$/);
  const form = fc.constantFrom<(code: string, state: string) => string>(
    (code) => code,
    (code) => encodeURIComponent(code),
    (code) => `code=${code}`,
    (code, state) => `code=${encodeURIComponent(code)}&state=${encodeURIComponent(state)}`,
    (code, state) => `?state=${state}&code=${code}`,
    (code, state) => `${BACK}?code=${encodeURIComponent(code)}&state=${state}`,
    (code, state) => `${BACK}?state=${encodeURIComponent(state)}&code=${code}#top`,
    (code, state) => `${code}&state=${state}`,
    (code, state) => `=${code}&amp;state=${state}`,
  );
  const noise = fc.constantFrom('', ' ', '\n', '\r\n', '\t', '"', '“', '\u200b', '\u00a0');

  it('any accepted form of one code gives that code, wherever spaces, breaks and quotes fall', () => {
    fc.assert(
      fc.property(
        token,
        token,
        form,
        fc.array(fc.tuple(fc.nat(), noise), { maxLength: 6 }),
        (code, state, write, at) => {
          let pasted = write(code, state);
          for (const [where, what] of at) {
            const index = where % (pasted.length + 1);
            // Not into the middle of an HTML entity, which nothing breaks.
            if (/&a?m?p?$/.test(pasted.slice(0, index))) continue;
            pasted = pasted.slice(0, index) + what + pasted.slice(index);
          }
          const answer = readAuthorizationAnswer(pasted);
          expect(answer).toMatchObject({ kind: 'code', code });
          if (answer.kind === 'code' && pasted.includes('state')) expect(answer.state).toBe(state);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('never throws, and never gives a code that has other characters than codes have', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (pasted) => {
        const answer = readAuthorizationAnswer(pasted);
        if (answer.kind === 'code') expect(answer.code).toMatch(/^[A-Za-z0-9._~+/=-]{1,4096}$/);
      }),
    );
  });
});
