/** What a run reads, in its order: teams before the users that may be shown in them. */
export const KINDS = ['team', 'queue', 'site', 'entry-point', 'auxiliary-code', 'user'] as const;
export type Kind = (typeof KINDS)[number];

export type Change = 'add' | 'change' | 'deactivate' | 'reactivate' | 'mark';

/** The fields that differ and nothing else: applying a change writes those of `after`. */
export interface Planned {
  kind: 'planned';
  change: Change;
  /** Which rows of the guide's tables (and which requirements) made it. */
  reasons: string[];
  before: Record<string, unknown> | null;
  after: Record<string, unknown>;
}

export type Decision = Planned | { kind: 'unchanged' } | { kind: 'not-imported' };

export const UNCHANGED: Decision = { kind: 'unchanged' };
export const NOT_IMPORTED: Decision = { kind: 'not-imported' };

/** Those fields of `after` that are not as in `before`, from both sides. */
export function differences<T extends object>(
  before: T,
  after: Partial<T>,
): { before: Partial<T>; after: Partial<T>; isEmpty: boolean } {
  const fields = (Object.keys(after) as (keyof T)[]).filter((field) => after[field] !== before[field]);
  const pick = (of: Partial<T>) => Object.fromEntries(fields.map((field) => [field, of[field]])) as Partial<T>;
  return { before: pick(before), after: pick(after), isEmpty: fields.length === 0 };
}
