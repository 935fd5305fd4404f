import { randomUUID } from 'node:crypto';
import { appendEvents } from '@wxcc-wfo/bus';
import { Problem, TOPICS } from '@wxcc-wfo/contracts';
import { type App, inTransaction, problem, readAsTenant, requireTenant, sqlState } from '@wxcc-wfo/service-kit';
import { type Static, Type } from 'typebox';
import { beginAuthorization, notFound } from '../authorization/authorize.ts';
import { findClient } from '../clients/client-repository.ts';
import type { Wiring } from '../wiring.ts';
import { type Acd, toAcdChanged } from './acd.ts';
import { completeQualityManagement, expandApiUrl, refusalsOfAcd } from './acd-policy.ts';
import { findAcd, insertAcd, listAcds } from './acd-repository.ts';
import { AcdPage, AcdView, AuthorizationStart, CreateAcd, CreatedAcd, PLAIN_TEXT } from './acd-schema.ts';

const UNIQUE_VIOLATION = '23505';
const AcdParams = Type.Object({ acdId: Type.String({ format: 'uuid', description: 'The server id of the ACD.' }) });

function view(acd: Acd): Static<typeof AcdView> {
  return {
    acdId: acd.acdId,
    wfoTenantId: acd.tenantId,
    webexOrgId: acd.webexOrgId,
    revision: acd.revision,
    type: 'Cisco Webex Contact Center 2.0',
    variant: '2.0',
    name: acd.name,
    clientRef: acd.clientRef ?? '',
    username: acd.username,
    apiUrl: acd.apiUrl,
    authorization: acd.authorization,
    ...acd.configuration,
    createdAt: new Date(acd.createdAtMs).toISOString(),
    changedAt: new Date(acd.changedAtMs).toISOString(),
  };
}

/** A new ACD out of a valid request; throws the refusals of an invalid one, all at once. */
function newAcd(wiring: Wiring, tenantId: string, body: CreateAcd): Acd {
  const configuration = {
    qualityManagement: completeQualityManagement(body.qualityManagement),
    metadataMappings: body.metadataMappings ?? [],
    synchronizationIntervalMinutes: body.synchronizationIntervalMinutes ?? 30,
    captureDelayMinutes: body.captureDelayMinutes ?? 15,
    dataRecapture: body.dataRecapture ?? null,
    rteMessaging: body.rteMessaging ?? false,
  };
  const apiUrl = expandApiUrl(body.apiUrl);
  const errors = refusalsOfAcd({ ...body, ...configuration, apiUrl }, wiring.mayCall);
  if (errors.length > 0) {
    const [first] = errors;
    throw problem({
      status: 422,
      code: 'invalid-request',
      title: 'The ACD cannot be saved like this',
      detail: errors.map((error) => `${error.field}: ${error.reason}`).join(' '),
      field: first!.field,
      remedy: first!.remedy,
      errors,
    });
  }
  const nowMs = wiring.clock.nowMs();
  return {
    acdId: randomUUID(),
    tenantId,
    variant: '2.0',
    clientRef: body.clientRef,
    quotaKey: '',
    revision: 1,
    name: body.name,
    webexOrgId: body.webexOrgId.toLowerCase(),
    username: body.username,
    apiUrl,
    mediaApiUrl: null,
    configuration,
    authorization: 'not-authorized',
    deleted: false,
    droppedTokenVersion: 0,
    createdAtMs: nowMs,
    changedAtMs: nowMs,
  };
}

type Started = Awaited<ReturnType<typeof beginAuthorization>>;

/** The ACD, its event and the request to authorize it are saved together or not at all. */
async function saveAcd(wiring: Wiring, draft: Acd, requestedBy: string): Promise<{ acd: Acd; started: Started }> {
  const client = await findClient(wiring.pool, { clientRef: draft.clientRef, tenantId: draft.tenantId });
  if (!client) {
    throw problem({
      status: 422,
      code: 'invalid-request',
      title: 'The ACD cannot be saved like this',
      detail: 'clientRef: this tenant has no such client record.',
      field: 'clientRef',
      remedy: 'Create the client with POST /v1/clients first.',
    });
  }
  const acd = { ...draft, quotaKey: client.quotaKey };
  try {
    return await inTransaction(wiring.pool, async (tx) => {
      await insertAcd(tx, acd);
      await appendEvents(tx, [{ topic: TOPICS.acdChanged, payload: toAcdChanged(acd) }]);
      return { acd, started: await beginAuthorization(wiring, tx, { acd, requestedBy }) };
    });
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    const organization = (error as { constraint?: string }).constraint === 'acd_organization';
    throw problem({
      status: 409,
      code: 'conflict',
      title: 'Such an ACD exists already',
      detail: organization
        ? `The tenant has an active ACD of the Webex organization ${acd.webexOrgId}.`
        : `The tenant has an ACD named ${acd.name}.`,
      field: organization ? 'webexOrgId' : 'name',
      remedy: organization ? 'Use the existing ACD.' : 'Choose another name.',
    });
  }
}

function shown(started: Started): Static<typeof AuthorizationStart> {
  return { authorizationUrl: started.authorizationUrl, expiresAt: new Date(started.expiresAtMs).toISOString() };
}

/** Create, read and list ACD connections, and begin their authorization (ACD-01, AUTH-01). */
export function acdRoutes(app: App, wiring: Wiring): void {
  const read = async (acdId: string, tenantId: string): Promise<Acd> => {
    const acd = await readAsTenant(wiring.pool, { tenantId }, (sql) => findAcd(sql, acdId));
    if (!acd || acd.deleted) throw notFound(acdId);
    return acd;
  };
  const errors = { '4xx': Problem, '5xx': Problem };

  app.post(
    '/v1/acds',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Create an ACD connection',
        description: 'Answers with the authorization URL where its administrator signs in.',
        tags: ['acds'],
        body: CreateAcd,
        response: { 201: CreatedAcd, ...errors },
      },
    },
    async (request, reply) => {
      const draft = newAcd(wiring, requireTenant(request), request.body);
      const { acd, started } = await saveAcd(wiring, draft, request.caller.subject);
      reply.code(201).header('location', `/v1/acds/${acd.acdId}`);
      return { ...view(acd), ...shown(started) };
    },
  );

  app.get(
    '/v1/acds',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'List the tenant’s ACD connections',
        tags: ['acds'],
        querystring: Type.Object({
          after: Type.String({
            default: '',
            maxLength: 200,
            pattern: PLAIN_TEXT,
            description: 'The `next` of the page before.',
          }),
          limit: Type.Integer({ default: 50, minimum: 1, maximum: 200, description: 'At most so many.' }),
        }),
        response: {
          200: AcdPage,
          ...errors,
        },
      },
    },
    async (request) => {
      const { after, limit } = request.query;
      const acds = await readAsTenant(wiring.pool, { tenantId: requireTenant(request) }, (sql) =>
        listAcds(sql, { afterName: after, limit }),
      );
      return { items: acds.map(view), next: acds.length === limit ? acds.at(-1)!.name : null };
    },
  );

  app.get(
    '/v1/acds/:acdId',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'Read an ACD connection',
        tags: ['acds'],
        params: AcdParams,
        response: { 200: AcdView, ...errors },
      },
    },
    async (request) => view(await read(request.params.acdId, requireTenant(request))),
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
        response: { 201: AuthorizationStart, ...errors },
      },
    },
    async (request, reply) => {
      const acd = await read(request.params.acdId, requireTenant(request));
      reply.code(201);
      return shown(await beginAuthorization(wiring, wiring.pool, { acd, requestedBy: request.caller.subject }));
    },
  );
}
