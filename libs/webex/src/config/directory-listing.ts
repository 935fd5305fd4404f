import { amountOf, lenientInstant, listAt, objectAt, optionalObject } from '../http/fields.ts';
import type { Transport } from '../http/transport.ts';
import { WebexError } from '../http/webex-error.ts';
import { judgeReading, type Reading } from './listing-policy.ts';

const PAGE_SIZE = 100;
const MAX_PAGES = 10_000;
/** How often a listing is read before it is given up; the next run begins anew. */
const MAX_READINGS = 4;

export interface Listing<T> {
  /** For people: "Listing users". */
  what: string;
  operation: string;
  /** Without query. */
  url: string;
  decode(value: unknown, path: string): T;
  idOf(item: T): string;
}

/**
 * Pages of a listing of the configuration API, each id once, until the listing is proven complete.
 * @throws WebexError `incomplete` when it could not be proven; the signal's reason when aborted
 */
export async function* readListing<T>(
  transport: Transport,
  listing: Listing<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T[]> {
  const given = new Set<string>();
  let before: Reading | undefined;
  let reason = '';
  for (let attempt = 1; attempt <= MAX_READINGS; attempt++) {
    const reading = beginReading();
    for await (const items of readPages(transport, listing, reading, signal)) {
      const fresh = items.filter((item) => !given.has(listing.idOf(item)));
      for (const item of fresh) given.add(listing.idOf(item));
      if (fresh.length > 0) yield fresh;
    }
    const verdict = judgeReading(reading, before);
    if (verdict.complete) return;
    reason = verdict.reason;
    before = reading;
  }
  const what = `${listing.what} was incomplete after ${MAX_READINGS} readings: ${reason}`;
  throw new WebexError('incomplete', `${what}. Nothing may be concluded from what is absent; it is read again later`);
}

type OpenReading = Reading & { ids: Set<string> };

function beginReading(): OpenReading {
  return {
    startedAtMs: Date.now(),
    pages: 0,
    ids: new Set(),
    firstTotal: null,
    lastTotal: null,
    newestChangeMs: 0,
    hadRepetitions: false,
  };
}

/**
 * One reading. The page size may be cut silently, so a short page is not the end: the end is the last of
 * `meta.totalPages` or, where that is not told, an empty page; or the first answer, where the number of the page is
 * ignored. A total that changes ends it at once.
 */
async function* readPages<T>(
  transport: Transport,
  { what, operation, url, decode, idOf }: Listing<T>,
  reading: OpenReading,
  signal: AbortSignal | undefined,
): AsyncGenerator<T[]> {
  const ask = async (page: number) => {
    const target = `${url}?page=${page}&pageSize=${PAGE_SIZE}`;
    return readListPage(await transport.call({ what, operation, method: 'GET', url: target, signal }));
  };
  for (let page = 0; page < MAX_PAGES; page++) {
    const { records, totalPages, totalRecords } = await ask(page);
    const items = records.map((record, index) => decode(record, `data[${index}]`));
    const sizeBefore = reading.ids.size;
    for (const item of items) reading.ids.add(idOf(item));
    for (const record of records) {
      const changedAtMs = changeOf(record);
      const newest = reading.newestChangeMs;
      reading.newestChangeMs = newest === null || changedAtMs === null ? null : Math.max(newest, changedAtMs);
    }
    reading.pages = page + 1;
    if (page === 0) reading.firstTotal = totalRecords;
    reading.lastTotal = totalRecords;
    yield items;
    if (reading.lastTotal !== reading.firstTotal) return;
    if (totalPages === null) {
      if (items.length === 0) return;
      const isRepetition = reading.ids.size < sizeBefore + items.length;
      // Records moved while they were read, or every page is the whole list: a page that cannot be there tells.
      if (isRepetition && !reading.hadRepetitions && (await ask(MAX_PAGES)).records.length > 0) return;
      reading.hadRepetitions ||= isRepetition;
    } else if (page + 1 >= totalPages) return;
  }
}

/** The records of a list answer in either of its forms; what was not told is null. */
export function readListPage(answer: unknown): {
  records: unknown[];
  totalPages: number | null;
  totalRecords: number | null;
} {
  if (Array.isArray(answer)) return { records: answer, totalPages: null, totalRecords: null };
  const fields = objectAt(answer, 'answer');
  const meta = optionalObject(fields.meta, 'meta') ?? {};
  return {
    records: listAt(fields.data, 'data'),
    totalPages: amountOf(meta, 'totalPages', 'meta'),
    totalRecords: amountOf(meta, 'totalRecords', 'meta'),
  };
}

/** When a record was made or changed last, or null: the published examples have placeholders there. */
function changeOf(record: unknown): number | null {
  const fields = record as Record<string, unknown>;
  const times = ['createdTime', 'lastUpdatedTime'].map((name) => lenientInstant(fields[name]));
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.max(...known);
}
