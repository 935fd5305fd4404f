import { Problem } from '@wxcc-wfo/contracts';
import { type App, entityTag, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { shownRequest } from '../authorization/authorization-route.ts';
import { AuthorizationStarted } from '../authorization/authorization-schema.ts';
import { beginAuthorization, notFound } from '../authorization/authorize.ts';
import { nextName, PageByName } from '../listing/page-by-name.ts';
import type { Wiring } from '../wiring.ts';
import type { Acd } from './acd.ts';
import { acdChangeRoutes } from './acd-change-route.ts';
import { findAcd, listAcds } from './acd-repository.ts';
import { CreateAcd } from './acd-schema.ts';
import { AcdPage, AcdParams, AcdView, SavedAcd, shownSaved, viewOf } from './acd-view.ts';
import { createAcd } from './create-acd.ts';
import { VariantList, variantsShown } from './variant-view.ts';

const errors = { '4xx': Problem, '5xx': Problem };

/** ACD connections (ACD-01, ACD-02). */
export function acdRoutes(app: App, wiring: Wiring): void {
  readRoutes(app, wiring);
  createRoutes(app, wiring);
  acdChangeRoutes(app, wiring);
}

function readRoutes(app: App, wiring: Wiring): void {
  app.get(
    '/v1/variants',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'The connection variants, and what each can do',
        description: 'The guide’s matrix (ACD-02). It is enforced when an ACD is saved.',
        tags: ['acds'],
        response: { 200: VariantList, ...errors },
      },
    },
    async () => variantsShown(),
  );

  app.get(
    '/v1/acds',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'List the tenant’s ACD connections',
        description: 'In order of their names, by pages. Deleted ones are not among them.',
        tags: ['acds'],
        querystring: PageByName,
        response: { 200: AcdPage, ...errors },
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      const acds = await readAsTenant(wiring.pool, { tenantId: requireTenant(request) }, (sql) =>
        listAcds(sql, { afterName: after, limit }),
      );
      return { items: acds.map(viewOf), next: nextName(acds, limit) };
    },
  );

  app.get(
    '/v1/acds/:acdId',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'Read an ACD connection',
        description: 'The ETag is what a change sends as If-Match.',
        tags: ['acds'],
        params: AcdParams,
        response: { 200: AcdView, ...errors },
      },
    },
    async (request, reply) => {
      const acd = await readAcd(wiring, request.params.acdId, requireTenant(request));
      reply.header('etag', entityTag(acd.revision));
      return viewOf(acd);
    },
  );
}

function createRoutes(app: App, wiring: Wiring): void {
  app.post(
    '/v1/acds',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Create an ACD connection',
        description:
          'Of one of the four variants. One of variant 2.0 answers with the authorization URL where its administrator signs in; one of the 1.0 form is authorized by its API key.',
        tags: ['acds'],
        body: CreateAcd,
        response: { 201: SavedAcd, ...errors },
      },
    },
    async (request, reply) => {
      const by = { tenantId: requireTenant(request), subject: request.caller.subject };
      const saved = await createAcd(wiring, { ...by, form: request.body });
      reply.code(201).header('location', `/v1/acds/${saved.acd.acdId}`).header('etag', entityTag(saved.acd.revision));
      return shownSaved(saved);
    },
  );

  app.post(
    '/v1/acds/:acdId/authorization-requests',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Begin the authorization of an ACD again',
        description: 'What is captured meanwhile goes on with the token at hand, as long as it lives.',
        tags: ['authorization'],
        params: AcdParams,
        response: { 201: AuthorizationStarted, ...errors },
      },
    },
    async (request, reply) => {
      const acd = await readAcd(wiring, request.params.acdId, requireTenant(request));
      reply.code(201);
      return shownRequest(await beginAuthorization(wiring, wiring.pool, { acd, requestedBy: request.caller.subject }));
    },
  );
}

/** An ACD of the tenant that is not deleted. @throws ProblemError 404 */
export async function readAcd(wiring: Wiring, acdId: string, tenantId: string): Promise<Acd> {
  const acd = await readAsTenant(wiring.pool, { tenantId }, (sql) => findAcd(sql, acdId));
  if (!acd || acd.deleted) throw notFound(acdId);
  return acd;
}
