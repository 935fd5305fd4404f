/** What became of a name: a mapping, or where and why it is none, with names that may have been meant. */
export type Reading<M> =
  | { ok: true; mapping: M }
  | { ok: false; position: number; reason: string; candidates: readonly string[] };

/** A refusal at an index (from 0) of the name; people count from 1. */
export function refuse(index: number, reason: string, candidates: readonly string[] = []): Reading<never> {
  return { ok: false, position: index + 1, reason, candidates };
}
