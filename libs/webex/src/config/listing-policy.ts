/** What one reading of a listing, from its first page on, has seen. */
export interface Reading {
  /** When its first page was asked for. */
  startedAtMs: number;
  pages: number;
  ids: ReadonlySet<string>;
  /** `meta.totalRecords` of the first page and of the last one read; null where it was not told. */
  firstTotal: number | null;
  lastTotal: number | null;
  /** The latest time of creation or change of its records; null when one of them tells neither. */
  newestChangeMs: number | null;
  /** Whether a record came on two pages, where no total was told. */
  hadRepetitions: boolean;
}

export type Verdict = { complete: true } | { complete: false; reason: string };

/** How far Webex's clock and ours may be apart. */
const SKEW_MS = 2 * 60_000;

const complete: Verdict = { complete: true };
const incomplete = (reason: string): Verdict => ({ complete: false, reason });

/**
 * Whether a reading holds every record that existed throughout it (SYNC-06). Pages are cut by position, so that a
 * deletion moves a record from the next page to one that was read already, and an addition at the end makes the count
 * right again: equal counts alone prove nothing. Accepted are
 * 1. one page with its total, as one answer is one moment;
 * 2. as many distinct ids as the unchanged total, none of them created or changed since the reading began: all of them
 *    were there at the beginning, they are as many as there were, so they are all;
 * 3. as many as the total, or no total told, and the reading before had the same ids. A record that slips through moved
 *    to a page that was read already, hence one before it was deleted. If that one had been read, it is not read again,
 *    and the ids differ. If not, it had been added before what was read and moved some of that to the next page, too:
 *    with a total fewer ids than told arrive, without one a record comes twice, so that the reading before must have
 *    had no repetition.
 */
export function judgeReading(reading: Reading, before: Reading | undefined): Verdict {
  const { firstTotal, lastTotal, ids, pages, newestChangeMs, startedAtMs } = reading;
  if (firstTotal !== lastTotal) {
    return incomplete(`the number of records changed from ${told(firstTotal)} to ${told(lastTotal)} while it was read`);
  }
  if (firstTotal !== null) {
    if (ids.size !== firstTotal) return incomplete(`${ids.size} different records arrived of ${firstTotal} told`);
    if (pages === 1) return complete;
    if (newestChangeMs !== null && newestChangeMs < startedAtMs - SKEW_MS) return complete;
  }
  if (before === undefined)
    return incomplete('records changed while it was read, or the number of records is not told');
  if (firstTotal === null && before.hadRepetitions)
    return incomplete('records moved from page to page while it was read');
  return sameIds(reading.ids, before.ids) ? complete : incomplete('two readings one after the other differ');
}

function sameIds(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return one.size === other.size && [...one].every((id) => other.has(id));
}

function told(total: number | null): string {
  return total === null ? 'not told' : String(total);
}
