import { randomBytes } from 'node:crypto';

/** A name nobody else uses, for topics, groups, databases: `prefix-` and ten hexadecimal digits. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(5).toString('hex')}`;
}
