import { type App, problem, requireTenant } from '@wxcc-wfo/service-kit';
import { type ContactCursor, type ContactFilter, type ContactReader, contactsOfTenant } from './contact-repository.ts';
import { ContactDetails, ContactPage, ContactParams, ContactQuery, detailsOf, summaryOf } from './contact-schema.ts';

const READ = { scope: 'contacts:read' };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Lists and reads contacts (SEG-10, its first form). */
export function contactRoutes(app: App, reader: ContactReader): void {
  app.get(
    '/v1/contacts',
    {
      config: READ,
      schema: {
        summary: 'Contacts, newest first',
        description:
          'The contacts of the tenant that match all that is asked for. Those that a correction removed are not listed.',
        tags: ['contacts'],
        querystring: ContactQuery,
        response: { 200: ContactPage },
      },
    },
    async (request) => {
      const { cursor, limit = 50 } = request.query;
      const filter = filterOf(request.query);
      const after = cursor === undefined ? null : decodeCursor(cursor);
      const contacts = contactsOfTenant(reader, requireTenant(request));
      // One more than asked for tells whether there is another page.
      const found = await contacts.list(filter, { after, limit: limit + 1 });
      const page = found.slice(0, limit);
      const last = found.length > limit ? page.at(-1) : undefined;
      return { items: page.map(summaryOf), nextCursor: last === undefined ? null : encodeCursor(last) };
    },
  );

  app.get(
    '/v1/contacts/:contactId',
    {
      config: READ,
      schema: {
        summary: 'One contact, whole',
        description:
          'Its latest version with its silences, its metadata and the other contacts of the same call. One that a correction removed is still found here, and says what has its time now.',
        tags: ['contacts'],
        params: ContactParams,
        response: { 200: ContactDetails },
      },
    },
    async (request) => {
      const contacts = contactsOfTenant(reader, requireTenant(request));
      const contact = await contacts.find(request.params.contactId);
      if (contact === undefined) throw contactNotFound(request.params.contactId);
      return detailsOf(contact, await contacts.associated(contact));
    },
  );
}

export function contactNotFound(contactId: string) {
  return problem({
    status: 404,
    code: 'not-found',
    detail: `There is no contact ${contactId}, or it is another tenant's.`,
    field: 'path/contactId',
    remedy: 'Take an id from GET /v1/contacts.',
  });
}

function filterOf({ from, to, cursor: _cursor, limit: _limit, ...equal }: ContactQuery): ContactFilter {
  const fromMs = instantOf('from', from);
  const toMs = instantOf('to', to);
  if (fromMs !== undefined && toMs !== undefined && toMs <= fromMs) {
    throw problem({
      status: 400,
      code: 'invalid-request',
      detail: 'query/to: does not lie after from.',
      field: 'query/to',
      remedy: 'Give a time after from, or leave one of the two out.',
    });
  }
  return { ...equal, fromMs, toMs };
}

/** The format allows leap seconds, which no clock of ours knows. */
function instantOf(name: 'from' | 'to', text: string | undefined): number | undefined {
  const ms = text === undefined ? undefined : Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw problem({
    status: 400,
    code: 'invalid-request',
    detail: `query/${name}: is not a time that this service knows.`,
    field: `query/${name}`,
    remedy: 'Give a time such as 2026-11-20T09:00:00Z, with seconds from 00 to 59.',
  });
}

function encodeCursor({ startedAtMs, contactId }: ContactCursor): string {
  return Buffer.from(`${startedAtMs}/${contactId}`).toString('base64url');
}

function decodeCursor(cursor: string): ContactCursor {
  const [startedAtMs = '', contactId = ''] = Buffer.from(cursor, 'base64url').toString().split('/');
  if (/^\d{1,15}$/.test(startedAtMs) && UUID.test(contactId)) return { startedAtMs: Number(startedAtMs), contactId };
  throw problem({
    status: 400,
    code: 'invalid-request',
    detail: 'query/cursor: is not a cursor of this list.',
    field: 'query/cursor',
    remedy: 'Send nextCursor of the page before as it was given, or none for the first page.',
  });
}
