import { problem } from './problem.ts';

/** The entity tag of a thing that counts its changes, or has a name for each version (RFC 9110 §8.8.3); strong. */
export function entityTag(revision: number | string): string {
  return `"${revision}"`;
}

/**
 * Refuses a change that is not meant for the version at hand (RFC 9110 §13.1.1). To be called under the lock of the row
 * that is changed. `*` stands for whatever is there.
 * @param o.what what is changed, for the message, e.g. `The ACD Europe`
 * @throws ProblemError 428 without If-Match, 412 for another version; both name the version at hand
 */
export function requireIfMatch(
  header: string | undefined,
  o: { revision: number | string; what: string; readBy: string },
): void {
  const current = entityTag(o.revision);
  if (header === undefined || header.trim() === '') {
    throw problem({
      status: 428,
      code: 'precondition-required',
      detail: `${o.what} may have been changed by somebody else since you read it, so a change must name its version.`,
      field: 'headers/if-match',
      remedy: `Read it with ${o.readBy} and send its ETag as If-Match.`,
    });
  }
  const tags = header.split(',').map((tag) => tag.trim());
  // A weak tag never matches here (strong comparison).
  if (tags.includes('*') || tags.includes(current)) return;
  throw problem({
    status: 412,
    code: 'precondition-failed',
    detail: `${o.what} was changed since you read it: it is version ${current} now.`,
    field: 'headers/if-match',
    remedy: `Read it again with ${o.readBy}, look at what changed, and send the new ETag as If-Match.`,
    headers: { etag: current },
  });
}
