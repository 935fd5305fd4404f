/** How one consumed event ended (house style 8). Switch over `kind` exhaustively. */
export type Outcome =
  | { kind: 'done' }
  | { kind: 'drop'; reason: string }
  | { kind: 'retry'; cause: unknown }
  | { kind: 'dead-letter'; reason: string; cause?: unknown };

/** The event had its effect (or had it before). */
export const done: Outcome = { kind: 'done' };

/** The event is none of our business; counted by reason. `reason` is a short fixed text: it becomes a metric label. */
export function drop(reason: string): Outcome {
  return { kind: 'drop', reason };
}

/**
 * What the event needs isn't there yet: it is put aside as a row, in this transaction, and tried again on its own,
 * backing off, then parked as a dead letter. The others go on, later events of the same key included.
 * The handler must not have written anything for this event.
 */
export function retry(cause: unknown): Outcome {
  return { kind: 'retry', cause };
}

/** The event is invalid for a reason that only a person can mend; parked with its original bytes. */
export function deadLetter(reason: string, cause?: unknown): Outcome {
  return cause === undefined ? { kind: 'dead-letter', reason } : { kind: 'dead-letter', reason, cause };
}
