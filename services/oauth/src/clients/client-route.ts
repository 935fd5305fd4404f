import { Problem } from '@wxcc-wfo/contracts';
import { type App, entityTag, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import { IfMatch } from '../acds/acd-change-route.ts';
import { nextName, PageByName } from '../listing/page-by-name.ts';
import type { Wiring } from '../wiring.ts';
import { listClients, readClient } from './client-repository.ts';
import { ClientPage, ClientView, CreateClient, clientShown, PatchClient } from './client-view.ts';
import { type ClientRequest, changeClient, createClient, noSuchClient, removeClient } from './save-client.ts';

const ClientParams = Type.Object({ clientRef: Type.String({ format: 'uuid', description: 'The client.' }) });
const errors = { '4xx': Problem, '5xx': Problem };

/** OAuth clients that ACDs use; the request budget belongs to the client. */
export function clientRoutes(app: App, wiring: Wiring): void {
  readRoutes(app, wiring);
  writeRoutes(app, wiring);
}

function readRoutes(app: App, wiring: Wiring): void {
  app.get(
    '/v1/clients',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'List the tenant’s clients',
        description: 'In order of their names, by pages.',
        tags: ['clients'],
        querystring: PageByName,
        response: { 200: ClientPage, ...errors },
      },
    },
    async (request) => {
      const { after: afterName, limit } = request.query;
      const clients = await readAsTenant(wiring.pool, { tenantId: requireTenant(request) }, (sql) =>
        listClients(sql, { afterName, limit }),
      );
      return { items: clients.map(clientShown), next: nextName(clients, limit) };
    },
  );

  app.get(
    '/v1/clients/:clientRef',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'Read a client',
        description: 'The ETag is what a change sends as If-Match.',
        tags: ['clients'],
        params: ClientParams,
        response: { 200: ClientView, ...errors },
      },
    },
    async (request, reply) => {
      const { clientRef } = request.params;
      const tenantId = requireTenant(request);
      const client = await readAsTenant(wiring.pool, { tenantId }, (sql) => readClient(sql, clientRef));
      if (!client) throw noSuchClient(clientRef);
      reply.header('etag', entityTag(client.revision));
      return clientShown(client);
    },
  );
}

type TenantRequest = Parameters<typeof requireTenant>[0];

function meant(
  request: TenantRequest & { params: { clientRef: string }; headers: { 'if-match'?: string } },
): ClientRequest {
  return {
    clientRef: request.params.clientRef,
    tenantId: requireTenant(request),
    subject: request.caller.subject,
    ifMatch: request.headers['if-match'],
  };
}

function writeRoutes(app: App, wiring: Wiring): void {
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
      const by = { tenantId: requireTenant(request), subject: request.caller.subject };
      const client = await createClient(wiring, { ...by, body: request.body });
      reply.code(201).header('location', `/v1/clients/${client.clientRef}`).header('etag', entityTag(client.revision));
      return clientShown(client);
    },
  );

  app.patch(
    '/v1/clients/:clientRef',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Change the name or the secret of a client',
        description:
          'Needs If-Match. With a new secret, refreshes that Webex refused are tried again at once. Another client id is another client: create it, and give it to the ACDs.',
        tags: ['clients'],
        params: ClientParams,
        headers: IfMatch,
        body: PatchClient,
        response: { 200: ClientView, ...errors },
      },
    },
    async (request, reply) => {
      const client = await changeClient(wiring, { ...meant(request), body: request.body });
      reply.header('etag', entityTag(client.revision));
      return clientShown(client);
    },
  );

  app.delete(
    '/v1/clients/:clientRef',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Delete a client',
        description: 'Needs If-Match. Refused while ACDs use it; the answer names them.',
        tags: ['clients'],
        params: ClientParams,
        headers: IfMatch,
        response: { 204: Type.Null({ description: 'It is deleted, its secret too.' }), ...errors },
      },
    },
    async (request, reply) => {
      await removeClient(wiring, meant(request));
      reply.code(204);
      return null;
    },
  );
}
