import { storableText } from '@wxcc-wfo/contracts';

/** How JSON writes what no database stores: NUL and halves of surrogate pairs (and so pairs, which are left as they are). */
const SUSPECT_ESCAPE = /\\u(?:0000|d[89a-f])/i;

/**
 * Reads JSON that comes from outside. In its texts, ids included, NUL and halves of surrogate pairs become U+FFFD: one such
 * character in one name would else stop a page of tasks, and with it its tenant. JSON in UTF-8 has them as escapes only,
 * so nearly every answer is seen to be free of them by one look.
 * @throws SyntaxError if it is no JSON
 */
export function parseStorableJson(text: string): unknown {
  const isSuspect = text.includes('\\u') && SUSPECT_ESCAPE.test(text);
  return isSuspect
    ? JSON.parse(text, (_, value) => (typeof value === 'string' ? storableText(value) : value))
    : JSON.parse(text);
}
