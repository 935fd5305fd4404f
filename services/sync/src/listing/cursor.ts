import { problem } from '@wxcc-wfo/service-kit';
import { type Static, Type } from 'typebox';

/** Text without control characters, which no database takes or no person sees. */
export const PLAIN_TEXT = '^[^\\u0000-\\u001f\\u007f]*$';

/** What every list takes beside its filters. */
export const pageQuery = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'At most so many.' })),
  cursor: Type.Optional(
    Type.String({ maxLength: 2000, description: '`nextCursor` of the page before; none for the first page.' }),
  ),
};
export const PageQuery = Type.Object(pageQuery, { additionalProperties: false });
export type PageQuery = Static<typeof PageQuery>;

export const NextCursor = Type.Union([Type.String(), Type.Null()], {
  description: '`cursor` of the next page; null on the last one.',
});

/** The place behind an item as the text that a caller sends back; the caller must not look into it. */
export function encodeCursor(place: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** The place that a cursor stands for. @throws ProblemError 400 for what `encodeCursor` of this list did not give */
export function decodeCursor<T extends readonly (string | number)[]>(
  cursor: string | undefined,
  isPlace: (place: unknown[]) => boolean,
): T | null {
  if (cursor === undefined) return null;
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(place) && isPlace(place)) return place as unknown as T;
  } catch {
    // Told below.
  }
  throw problem({
    status: 400,
    code: 'invalid-request',
    detail: 'query/cursor: is not a cursor of this list.',
    field: 'query/cursor',
    remedy: 'Send nextCursor of the page before as it was given, or none for the first page.',
  });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A place in a list that is ordered by a text and an id. */
export const isTextAndId = ([text, id, ...rest]: unknown[]): boolean =>
  typeof text === 'string' && !text.includes('\u0000') && typeof id === 'string' && UUID.test(id) && rest.length === 0;

/** A place in a list that is ordered by a whole number and perhaps an id. */
export const isNumberAndId = ([number, id, ...rest]: unknown[]): boolean =>
  Number.isSafeInteger(number) && (id === undefined || (typeof id === 'string' && UUID.test(id))) && rest.length === 0;

/** What Postgres takes as an integer. */
const LARGEST_INTEGER = 2 ** 31 - 1;
/** The same where the number is one that the database keeps as an integer. */
export const isIntegerAndId = (place: unknown[]): boolean =>
  isNumberAndId(place) && Math.abs(place[0] as number) <= LARGEST_INTEGER;

/** A page out of one item more than was asked for, which tells whether there is another page. */
export function pageOf<T>(
  found: readonly T[],
  limit: number,
  placeOf: (item: T) => readonly (string | number)[],
): { items: T[]; nextCursor: string | null } {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, nextCursor: last === undefined ? null : encodeCursor(placeOf(last)) };
}
