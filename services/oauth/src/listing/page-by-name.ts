import { Type } from 'typebox';
import { PLAIN_TEXT } from '../acds/acd-schema.ts';

/** Lists in order of names, by pages: the query of such a route. */
export const PageByName = Type.Object({
  after: Type.String({
    default: '',
    maxLength: 200,
    pattern: PLAIN_TEXT,
    description: 'The `next` of the page before.',
  }),
  limit: Type.Integer({ default: 50, minimum: 1, maximum: 200, description: 'At most so many.' }),
});

/** The `after` of the next page; null at the end. */
export function nextName(page: readonly { name: string }[], limit: number): string | null {
  return page.length === limit ? page.at(-1)!.name : null;
}
