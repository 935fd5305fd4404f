import { Nullable, problemSchema } from '@wxcc-wfo/contracts';
import { type App, inTransaction, problem, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { appendEvents, type OutgoingEvent } from './outbox.ts';

const MOST_PER_REQUEST = 5_000;
const PAGE = 250;
const END_OF_TIME_MS = Number.MAX_SAFE_INTEGER;

/** Where in a range one thing stands: ordered by time, then by id. */
export interface RepublicationPlace {
  atMs: number;
  id: string;
}

/** The next things of one ACD in [fromMs, toMs), behind `after`. */
export interface RepublicationPage {
  acdId: string;
  /** Of the caller; null sees every tenant. */
  tenantId: string | null;
  fromMs: number;
  toMs: number;
  after: RepublicationPlace | null;
  limit: number;
}

export interface RepublicationOptions {
  pool: Pool;
  scope: string;
  tag: string;
  /** What it publishes, and what of it is in the range, e.g. `tasks` that `ended`. */
  things: string;
  happened: string;
  /**
   * Locks the rows of a page, in the order of their places, and gives the event of each as it is now. The lock is the
   * one under which its events are written otherwise, so that an older state can't come behind a newer one (rule 2).
   */
  readPage(tx: SqlClient, page: RepublicationPage): Promise<{ event: OutgoingEvent; place: RepublicationPlace }[]>;
}

/**
 * POST /v1/republications: tells what is stored once more, to whoever was not there or was restored. One transaction per
 * page; a request ends after some thousands with a cursor, and repeating any of it does no harm.
 */
export function republicationRoute(app: App, o: RepublicationOptions): void {
  const range = (word: string) => `Those that ${o.happened} ${word} this time (ISO 8601).`;
  const body = Type.Object(
    {
      acdId: Type.String({ format: 'uuid', description: `The ACD whose ${o.things} are published again.` }),
      from: Type.Optional(
        Type.String({ format: 'date-time', description: `${range('at or after')} Default: the beginning.` }),
      ),
      to: Type.Optional(Type.String({ format: 'date-time', description: `${range('before')} Default: the end.` })),
      cursor: Type.Optional(Type.String({ maxLength: 500, description: 'From the answer before, to go on.' })),
    },
    {
      additionalProperties: false,
      examples: [
        {
          acdId: '2b9d7a10-93c1-4d7e-8f00-4a52b1c30002',
          from: '2026-03-02T00:00:00.000Z',
          to: '2026-03-03T00:00:00.000Z',
        },
      ],
    },
  );
  const answer = Type.Object(
    {
      published: Type.Integer({ description: `How many ${o.things} this request published.` }),
      cursor: Nullable(Type.String(), 'Send it again with the same range to go on; null: all is published.'),
    },
    { description: 'What was published, and how to go on.', examples: [{ published: 1840, cursor: null }] },
  );
  app.post(
    '/v1/republications',
    {
      config: { scope: o.scope },
      schema: {
        summary: `Publish stored ${o.things} again`,
        description: `At most ${MOST_PER_REQUEST} ${o.things} a request; consumers ignore what they know.`,
        tags: [o.tag],
        body,
        response: { 200: answer, 400: problemSchema, 404: problemSchema },
      },
    },
    async (request) => {
      const fromMs = request.body.from === undefined ? 0 : Date.parse(request.body.from);
      const toMs = request.body.to === undefined ? END_OF_TIME_MS : Date.parse(request.body.to);
      if (toMs <= fromMs) throw invalid('to', '`to` must be later than `from`.', 'Swap them.');
      const asked = { acdId: request.body.acdId.toLowerCase(), tenantId: request.caller.tenantId, fromMs, toMs };
      let after = request.body.cursor === undefined ? null : parseCursor(request.body.cursor);
      let published = 0;
      while (published < MOST_PER_REQUEST) {
        const page = await republishPage(o, { ...asked, after, limit: PAGE });
        published += page.length;
        if (page.length < PAGE) return { published, cursor: null };
        after = page.at(-1)!.place;
      }
      return { published, cursor: Buffer.from(JSON.stringify(after)).toString('base64url') };
    },
  );
}

async function republishPage(o: RepublicationOptions, page: RepublicationPage) {
  return await inTransaction(o.pool, async (tx) => {
    const found = await o.readPage(tx, page);
    await appendEvents(
      tx,
      found.map(({ event }) => event),
    );
    return found;
  });
}

function parseCursor(cursor: string): RepublicationPlace {
  try {
    const place = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Number.isSafeInteger(place.atMs) && typeof place.id === 'string') return { atMs: place.atMs, id: place.id };
  } catch {
    // told below
  }
  throw invalid('cursor', 'This is no cursor of ours.', 'Send it as the answer gave it, or leave it out.');
}

const invalid = (field: string, detail: string, remedy: string) =>
  problem({ status: 400, code: 'invalid-request', detail, field, remedy });
