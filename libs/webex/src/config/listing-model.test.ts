import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Transport } from '../http/transport.ts';
import { WebexError } from '../http/webex-error.ts';
import { readListing } from './directory-listing.ts';

const LONG_AGO_MS = Date.UTC(2024, 0, 15);

interface Row {
  id: string;
  createdTime: number | undefined;
}

/** What happens between two requests: deletions, and additions anywhere in the order; ids are never used again. */
type Happening = { kind: 'delete'; place: number } | { kind: 'add'; place: number };

const happenings = fc.array(
  fc.array(fc.record({ kind: fc.constantFrom('delete' as const, 'add' as const), place: fc.nat(60) }), {
    maxLength: 4,
  }),
  { maxLength: 14 },
);

/** A directory that changes between its pages, behind the transport's port. */
function changingDirectory(o: {
  size: number;
  pageSize: number;
  happenings: Happening[][];
  told: boolean;
  timed: boolean;
}) {
  let nextId = o.size;
  const rows: Row[] = Array.from({ length: o.size }, (_, n) => ({
    id: `u${n}`,
    createdTime: o.timed ? LONG_AGO_MS : undefined,
  }));
  let request = 0;
  const deleted = new Set<string>();
  const transport: Transport = {
    async call({ url }) {
      for (const { kind, place } of request === 0 ? [] : (o.happenings[request - 1] ?? [])) {
        if (kind === 'add') {
          const row = { id: `u${nextId++}`, createdTime: o.timed ? Date.now() : undefined };
          rows.splice(Math.min(place, rows.length), 0, row);
        } else if (rows.length > 0) {
          for (const row of rows.splice(place % rows.length, 1)) deleted.add(row.id);
        }
      }
      request += 1;
      const page = Number(new URL(url).searchParams.get('page'));
      const data = rows.slice(page * o.pageSize, (page + 1) * o.pageSize);
      if (!o.told) return data;
      const totalPages = Math.ceil(rows.length / o.pageSize);
      return { meta: { page, pageSize: o.pageSize, totalPages, totalRecords: rows.length }, data };
    },
  };
  const throughout = () => Array.from({ length: o.size }, (_, n) => `u${n}`).filter((id) => !deleted.has(id));
  return { transport, throughout, requests: () => request };
}

async function read(transport: Transport): Promise<{ ids: string[]; accepted: boolean }> {
  const ids: string[] = [];
  const listing = {
    what: 'Listing users',
    operation: 'test',
    url: 'http://webex.example/user',
    decode: (value: unknown) => value as Row,
    idOf: (row: Row) => row.id,
  };
  try {
    for await (const page of readListing(transport, listing, undefined)) ids.push(...page.map((row) => row.id));
    return { ids, accepted: true };
  } catch (error) {
    if (error instanceof WebexError && error.kind === 'incomplete') return { ids, accepted: false };
    throw error;
  }
}

describe('SYNC-06: a listing that is accepted holds every record that existed throughout', () => {
  it.each([
    ['totals and times told', true, true],
    ['totals told, no times', true, false],
    ['neither told, as in bare lists', false, false],
  ])('%s', async (_, told, timed) => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 1, max: 9 }),
        happenings,
        async (size, pageSize, happened) => {
          const directory = changingDirectory({ size, pageSize, happenings: happened, told, timed });
          const { ids, accepted } = await read(directory.transport);
          expect(new Set(ids).size).toBe(ids.length);
          if (accepted) expect(ids).toEqual(expect.arrayContaining(directory.throughout()));
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it('of bare lists in which records are added before what was read, and taken away again', async () => {
    const added: Happening = { kind: 'add', place: 0 };
    const deleted: Happening = { kind: 'delete', place: 0 };
    for (const happened of [
      [[added], [deleted], [], [added], [deleted]],
      [[], [{ ...added, place: 2 }], [{ ...added, place: 2 }], [], [], [deleted], [deleted]],
    ]) {
      const directory = changingDirectory({ size: 3, pageSize: 1, happenings: happened, told: false, timed: false });
      const { ids, accepted } = await read(directory.transport);
      expect(accepted).toBe(true);
      expect(ids).toEqual(expect.arrayContaining(directory.throughout()));
    }
  });

  it('accepts a bare list whose pages are all the whole of it', async () => {
    const asked: string[] = [];
    const transport: Transport = {
      async call({ url }) {
        asked.push(new URL(url).searchParams.get('page')!);
        return [{ id: 'u0' }, { id: 'u1' }];
      },
    };
    expect(await read(transport)).toEqual({ ids: ['u0', 'u1'], accepted: true });
    // Twice: the list, its repetition, and a page that no list has.
    expect(asked).toEqual(['0', '1', '10000', '0', '1', '10000']);
  });

  it('accepts what does not change in one reading, at the cost of its pages', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 1, max: 9 }), async (size, pageSize) => {
        const directory = changingDirectory({ size, pageSize, happenings: [], told: true, timed: true });
        expect(await read(directory.transport)).toEqual({ ids: directory.throughout(), accepted: true });
        expect(directory.requests()).toBe(Math.max(1, Math.ceil(size / pageSize)));
      }),
    );
  });

  it('accepts what changes once, whatever the change', async () => {
    const once = fc.tuple(
      fc.integer({ min: 0, max: 3 }),
      fc.array(fc.constantFrom('delete' as const, 'add' as const), { maxLength: 3 }),
      fc.nat(30),
    );
    await fc.assert(
      fc.asyncProperty(once, async ([when, kinds, place]) => {
        const happened = [...Array.from({ length: when }, () => []), kinds.map((kind) => ({ kind, place }))];
        const directory = changingDirectory({ size: 20, pageSize: 4, happenings: happened, told: true, timed: true });
        const { ids, accepted } = await read(directory.transport);
        expect(accepted).toBe(true);
        expect(ids).toEqual(expect.arrayContaining(directory.throughout()));
      }),
    );
  });
});
