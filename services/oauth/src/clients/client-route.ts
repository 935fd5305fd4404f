import { randomUUID } from 'node:crypto';
import { Problem } from '@wxcc-wfo/contracts';
import { type App, problem, readAsTenant, requireTenant, sqlState } from '@wxcc-wfo/service-kit';
import { type Static, Type } from 'typebox';
import { PLAIN_TEXT } from '../acds/acd-schema.ts';
import type { Wiring } from '../wiring.ts';
import {
  insertClient,
  listClients,
  type OAuthClientRecord,
  quotaKeyOf,
  readClient,
  secretBinding,
} from './client-repository.ts';

const UNIQUE_VIOLATION = '23505';
const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: PLAIN_TEXT, description });

const CreateClient = Type.Object(
  {
    name: text(200, 'Unique among the tenant’s clients.'),
    clientId: text(500, 'Client id of the Webex integration.'),
    clientSecret: text(1000, 'Its secret; stored sealed, never shown.'),
  },
  {
    additionalProperties: false,
    examples: [{ name: 'Webex integration', clientId: 'C0ffee', clientSecret: 'as Webex shows it, once' }],
  },
);

const clientFields = {
  clientRef: Type.String({ description: 'What an ACD names to use this client.' }),
  name: Type.String(),
  clientId: Type.String(),
  createdAt: Type.String({ format: 'date-time' }),
};
const example = {
  clientRef: '0b0f4e5e-6d3a-4d0f-8a8e-2f1f5f0c9b10',
  name: 'Webex integration',
  clientId: 'C0ffee',
  createdAt: '2026-01-15T08:55:00.000Z',
};
const ClientView = Type.Object(clientFields, { description: 'A client without its secret.', examples: [example] });
const ClientPage = Type.Object(
  { items: Type.Array(Type.Object(clientFields)), next: Type.Union([Type.String(), Type.Null()]) },
  {
    description: 'A page in order of the names; `next` is the `after` of the next page, null at the end.',
    examples: [{ items: [example], next: null }],
  },
);

function view(client: Omit<OAuthClientRecord, 'sealedSecret'>): Static<typeof ClientView> {
  const { clientRef, name, webexClientId: clientId, createdAtMs } = client;
  return { clientRef, name, clientId, createdAt: new Date(createdAtMs).toISOString() };
}

/** OAuth clients that ACDs use; the request budget belongs to the client. */
export function clientRoutes(app: App, wiring: Wiring): void {
  const errors = { '4xx': Problem, '5xx': Problem };

  app.post(
    '/v1/clients',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Store the credentials of a Webex integration',
        description: 'One or several ACDs use them. The secret is sealed at once and never shown again.',
        tags: ['clients'],
        body: CreateClient,
        response: { 201: ClientView, ...errors },
      },
    },
    async (request, reply) => {
      const client = await saveClient(wiring, requireTenant(request), request.body);
      reply.code(201).header('location', `/v1/clients/${client.clientRef}`);
      return view(client);
    },
  );

  app.get(
    '/v1/clients',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'List the tenant’s clients',
        tags: ['clients'],
        querystring: Type.Object({
          after: Type.String({
            default: '',
            maxLength: 200,
            pattern: PLAIN_TEXT,
            description: 'The `next` of the page before.',
          }),
          limit: Type.Integer({ default: 50, minimum: 1, maximum: 200, description: 'At most so many.' }),
        }),
        response: { 200: ClientPage, ...errors },
      },
    },
    async (request) => {
      const { after: afterName, limit } = request.query;
      const clients = await readAsTenant(wiring.pool, { tenantId: requireTenant(request) }, (sql) =>
        listClients(sql, { afterName, limit }),
      );
      return { items: clients.map(view), next: clients.length === limit ? clients.at(-1)!.name : null };
    },
  );

  app.get(
    '/v1/clients/:clientRef',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'Read a client',
        tags: ['clients'],
        params: Type.Object({ clientRef: Type.String({ format: 'uuid', description: 'The client.' }) }),
        response: { 200: ClientView, ...errors },
      },
    },
    async (request) => {
      const { clientRef } = request.params;
      const tenantId = requireTenant(request);
      const client = await readAsTenant(wiring.pool, { tenantId }, (sql) => readClient(sql, clientRef));
      if (client) return view(client);
      throw problem({
        status: 404,
        code: 'not-found',
        title: 'There is no such client',
        detail: `No client ${clientRef} exists for this tenant.`,
        remedy: 'List the clients with GET /v1/clients.',
      });
    },
  );
}

async function saveClient(
  wiring: Wiring,
  tenantId: string,
  { name, clientId, clientSecret }: Static<typeof CreateClient>,
): Promise<OAuthClientRecord> {
  const clientRef = randomUUID();
  const nowMs = wiring.clock.nowMs();
  const client = {
    clientRef,
    tenantId,
    name,
    webexClientId: clientId,
    sealedSecret: wiring.seals.atRest.seal(clientSecret, secretBinding(clientRef)),
    quotaKey: quotaKeyOf(clientId),
    revision: 1,
    createdAtMs: nowMs,
    changedAtMs: nowMs,
  };
  try {
    await insertClient(wiring.pool, client);
    return client;
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw problem({
      status: 409,
      code: 'conflict',
      title: 'Such a client exists already',
      detail: `The tenant has a client named ${name}.`,
      field: 'name',
      remedy: 'Choose another name.',
    });
  }
}
