import { amountOf, listAt, type OnUnknownValue, objectAt, optionalObject } from '../http/fields.ts';
import type { Transport } from '../http/transport.ts';
import type { CallOptions, WebexClient } from '../port.ts';
import { decodeQueue, decodeTeam, decodeUser } from './directory-decoder.ts';

export type DirectoryClient = Pick<WebexClient, 'listUsers' | 'listTeams' | 'listQueues'>;

const PAGE_SIZE = 100;
const MAX_PAGES = 10_000;

interface Listing<T> {
  what: string;
  operation: string;
  resource: string;
  decode(value: unknown, path: string): T;
  idOf(item: T): string;
}

/** Reads users, teams and queues by the configuration API, page by page. */
export function createDirectoryClient(deps: {
  transport: Transport;
  apiUrl: string;
  orgId: string;
  onUnknown: OnUnknownValue;
}): DirectoryClient {
  /**
   * Lists come as `{meta, data}` or as a bare list. The page size may be cut silently, so a short page is not the end:
   * the end is the last of `meta.totalPages` or, where that is not told, a page that brings nothing new.
   */
  async function* list<T>(listing: Listing<T>, signal: AbortSignal | undefined): AsyncIterable<T[]> {
    const seen = new Set<string>();
    for (let page = 0; page < MAX_PAGES; page++) {
      const base = `${deps.apiUrl}/organization/${encodeURIComponent(deps.orgId)}/v2/${listing.resource}`;
      const { what, operation } = listing;
      const url = `${base}?page=${page}&pageSize=${PAGE_SIZE}`;
      const answer = await deps.transport.call({ what, operation, method: 'GET', url, signal });
      const { records, totalPages } = readListPage(answer);
      const items = records.map((record, index) => listing.decode(record, `data[${index}]`));
      const fresh = items.filter((item) => !seen.has(listing.idOf(item)));
      for (const item of fresh) seen.add(listing.idOf(item));
      if (fresh.length > 0) yield fresh;
      if (totalPages === null ? fresh.length === 0 : page + 1 >= totalPages) return;
    }
  }

  return {
    listUsers: (options: CallOptions = {}) =>
      list(
        {
          what: 'Listing users',
          operation: 'config.users',
          resource: 'user',
          decode: decodeUser,
          idOf: (u) => u.userId,
        },
        options.signal,
      ),
    listTeams: (options: CallOptions = {}) =>
      list(
        {
          what: 'Listing teams',
          operation: 'config.teams',
          resource: 'team',
          decode: decodeTeam,
          idOf: (t) => t.teamId,
        },
        options.signal,
      ),
    listQueues: (options: CallOptions = {}) =>
      list(
        {
          what: 'Listing queues',
          operation: 'config.queues',
          resource: 'contact-service-queue',
          decode: (value, path) => decodeQueue(value, path, deps.onUnknown),
          idOf: (queue) => queue.queueId,
        },
        options.signal,
      ),
  };
}

/** The records of a list answer in either of its forms; `totalPages` is null when it was not told. */
export function readListPage(answer: unknown): { records: unknown[]; totalPages: number | null } {
  if (Array.isArray(answer)) return { records: answer, totalPages: null };
  const fields = objectAt(answer, 'answer');
  const meta = optionalObject(fields.meta, 'meta') ?? {};
  return { records: listAt(fields.data, 'data'), totalPages: amountOf(meta, 'totalPages', 'meta') };
}
