/**
 * What an operator pastes after a sign-in (AUTH-02): the bare code, URL-encoded or not, `code=…&state=…` in either
 * order, what stands after the first equal sign of the address bar (as the guide has it copied), or the whole address.
 * Spaces, line breaks, quotes and a leading `?` do not matter.
 */
export type AuthorizationAnswer =
  | { kind: 'code'; code: string; state: string | null }
  | { kind: 'refused'; error: string; state: string | null }
  | { kind: 'unreadable'; reason: string };

/** Copied text brings these along: white space of any kind, also of no width, soft hyphens, quotes and brackets. */
const NO_PART_OF_IT = /[\s\u00ad\u200b-\u200f\u2028\u2029\u2060\ufeff"'`´‘’‚“”„«»‹›<>]/g;
/** RFC 6749 allows more; Webex uses letters, digits, `-` and `_`. */
const TOKEN = /^[A-Za-z0-9._~+/=-]+$/;
const MAX_CODE = 4_096;
const MAX_STATE = 512;
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i;
/** What Webex puts beside the code; another name before `=` in a bare text is part of the code (Base64 ends in `=`). */
const NAMES = ['code', 'state', 'error', 'error_description', 'error_uri', 'iss', 'scope', 'session_state'];

/** Finds the code, and the state where there is one. Nothing is guessed: what could mean two things is refused. */
export function readAuthorizationAnswer(pasted: string): AuthorizationAnswer {
  const text = pasted.replace(NO_PART_OF_IT, '').replaceAll('&amp;', '&');
  if (text === '') return unreadable('It is empty.');
  const { query, isAddress } = queryOf(text);
  if (query === undefined) return unreadable('The address has no code: nothing stands after a “?”.');
  const named = partsOf(query, isAddress);
  for (const name of ['code', 'state', 'error']) {
    if (new Set(named.get(name)).size > 1)
      return unreadable(`It names \`${name}\` more than once, with different values.`);
  }
  const [state = null] = named.get('state') ?? [];
  const [error] = named.get('error') ?? [];
  const [code] = named.get('code') ?? [];
  if (state !== null && !(TOKEN.test(state) && state.length <= MAX_STATE)) return unreadable('Its `state` is damaged.');
  if (code === undefined || code === '') {
    if (error) return { kind: 'refused', error: /^[a-z_]{1,64}$/.test(error) ? error : 'unknown', state };
    return unreadable(state === null ? 'There is no code in it.' : 'It has a `state`, but no code.');
  }
  if (code.length > MAX_CODE) return unreadable('It is longer than any code.');
  if (!TOKEN.test(code)) return unreadable('It has characters that no code has.');
  return { kind: 'code', code, state };
}

const unreadable = (reason: string): AuthorizationAnswer => ({ kind: 'unreadable', reason });

/** What stands after the `?`, or after the `#` of an address without one; the text itself if it is no address. */
function queryOf(text: string): { query: string | undefined; isAddress: boolean } {
  const [address, fragment] = cut(text, '#');
  const [before, query] = cut(address, '?');
  const isAddress = ADDRESS.test(text) || (query !== undefined && before !== '');
  return { query: query ?? (isAddress ? fragment : before), isAddress };
}

/** Name → values, decoded. A part without a name is the code, or the state where the code has its name. */
function partsOf(query: string, isAddress: boolean): Map<string, string[]> {
  const named = new Map<string, string[]>();
  const bare: string[] = [];
  const put = (name: string, value: string) => named.set(name, [...(named.get(name) ?? []), decoded(value)]);
  for (const [index, part] of query.split('&').entries()) {
    const [name, value] = cut(part, '=');
    const known = NAMES.includes(name.toLowerCase());
    if (value !== undefined && (known || index > 0 || isAddress)) put(name.toLowerCase(), value);
    else if (part !== '' && index === 0 && !isAddress) bare.push(part.replace(/^=/, ''));
  }
  for (const one of bare) put(named.has('code') && !named.has('state') ? 'state' : 'code', one);
  return named;
}

function cut(text: string, at: string): [before: string, after: string | undefined] {
  const index = text.indexOf(at);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}

/** No code has a `%`: what was encoded twice on its way is decoded twice. A `+` stays one. */
function decoded(value: string): string {
  let text = value;
  for (let round = 0; round < 3 && /%[0-9a-f]{2}/i.test(text); round++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  return text.replace(NO_PART_OF_IT, '');
}
