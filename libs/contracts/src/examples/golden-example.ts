export interface GoldenExamples {
  /** The first one stands in the AsyncAPI document. */
  valid: { name: string; payload: unknown }[];
  /** `problem` is what the check must say among others. */
  invalid: { name: string; payload: unknown; problem: string }[];
}

/** `payload` with one value changed at a path such as `agent/id`; undefined takes it away. */
export function changed<T>(payload: T, path: string, value: unknown): unknown {
  const copy = structuredClone(payload) as Record<string, unknown>;
  const keys = path.split('/');
  let at = copy;
  for (const key of keys.slice(0, -1)) at = at[key] as Record<string, unknown>;
  const last = keys.at(-1)!;
  if (value === undefined) delete at[last];
  else at[last] = value;
  return copy;
}
