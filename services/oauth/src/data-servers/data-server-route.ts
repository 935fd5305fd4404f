import { Problem } from '@wxcc-wfo/contracts';
import { type App, entityTag, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import { IfMatch } from '../acds/acd-change-route.ts';
import { AcdParams } from '../acds/acd-view.ts';
import { notFound } from '../authorization/authorize.ts';
import type { Wiring } from '../wiring.ts';
import {
  changeDataServer,
  chooseDataServers,
  createDataServer,
  noDataServer,
  removeDataServer,
} from './change-data-servers.ts';
import { byRole, versionOfChoice } from './data-server-policy.ts';
import {
  ChangeDataServer,
  ChooseDataServers,
  ChosenDataServers,
  CreateDataServer,
  DataServerList,
  DataServerView,
} from './data-server-schema.ts';
import { readDataServers, readLiveWorkers, viewOf } from './data-server-view.ts';

const Params = Type.Object({ dataServerId: Type.String({ format: 'uuid', description: 'The data server.' }) });
const errors = { '4xx': Problem, '5xx': Problem };
const tags = ['data servers'];

/** Named worker groups and who works for which ACD (ACD-04; the guide's "Configure a Data Server"). */
export function dataServerRoutes(app: App, wiring: Wiring): void {
  const read = (tenantId: string) => readAsTenant(wiring.pool, { tenantId }, (sql) => readDataServers(sql, tenantId));

  async function viewById(tenantId: string, dataServerId: string): Promise<DataServerView> {
    const { servers, acds } = await read(tenantId);
    const server = servers.find((one) => one.dataServerId === dataServerId);
    if (!server) throw noDataServer(dataServerId);
    return viewOf(server, acds, await readLiveWorkers(wiring.redis, [server.name]));
  }

  app.get(
    '/v1/data-servers',
    {
      config: { scope: 'data-servers:read' },
      schema: {
        summary: 'List the tenant’s data servers, whom they serve, and which roles nobody serves',
        description: 'All of them, with the switch, the ACDs and the living workers of each role.',
        tags,
        response: { 200: DataServerList, ...errors },
      },
    },
    async (request) => {
      const { servers, acds } = await read(requireTenant(request));
      const workers = await readLiveWorkers(
        wiring.redis,
        servers.map(({ name }) => name),
      );
      return { items: servers.map((server) => viewOf(server, acds, workers)) };
    },
  );

  app.post(
    '/v1/data-servers',
    {
      config: { scope: 'data-servers:write' },
      schema: {
        summary: 'Create a data server',
        description: 'Its workers are the processes that are started with DATA_SERVER=<its name>.',
        tags,
        body: CreateDataServer,
        response: { 201: DataServerView, ...errors },
      },
    },
    async (request, reply) => {
      const tenantId = requireTenant(request);
      const { dataServerId, revision } = await createDataServer(
        wiring,
        { tenantId, subject: request.caller.subject },
        request.body,
      );
      reply.code(201).header('location', `/v1/data-servers/${dataServerId}`).header('etag', entityTag(revision));
      return await viewById(tenantId, dataServerId);
    },
  );

  app.get(
    '/v1/data-servers/:dataServerId',
    {
      config: { scope: 'data-servers:read' },
      schema: {
        summary: 'Read a data server',
        description: 'The ETag is what a change sends as If-Match.',
        tags,
        params: Params,
        response: { 200: DataServerView, ...errors },
      },
    },
    async (request, reply) => {
      const view = await viewById(requireTenant(request), request.params.dataServerId);
      reply.header('etag', entityTag(view.revision));
      return view;
    },
  );

  app.patch(
    '/v1/data-servers/:dataServerId',
    {
      config: { scope: 'data-servers:write' },
      schema: {
        summary: 'Change a data server: its name, its description, the switches of its roles',
        description:
          'Every service is told within 2 s. Workers that were started with the old name do not follow a new one: start them anew.',
        tags,
        params: Params,
        headers: IfMatch,
        body: ChangeDataServer,
        response: { 200: DataServerView, ...errors },
      },
    },
    async (request, reply) => {
      const tenantId = requireTenant(request);
      const { dataServerId } = request.params;
      const { revision } = await changeDataServer(
        wiring,
        { tenantId, subject: request.caller.subject },
        { dataServerId, ifMatch: request.headers['if-match'], body: request.body },
      );
      reply.header('etag', entityTag(revision));
      return await viewById(tenantId, dataServerId);
    },
  );

  app.delete(
    '/v1/data-servers/:dataServerId',
    {
      config: { scope: 'data-servers:write' },
      schema: {
        summary: 'Delete a data server',
        description: 'Refused while ACDs are assigned to it. The default one stays.',
        tags,
        params: Params,
        headers: IfMatch,
        response: { 204: Type.Null({ description: 'It is deleted.' }), ...errors },
      },
    },
    async (request, reply) => {
      const caller = { tenantId: requireTenant(request), subject: request.caller.subject };
      const { dataServerId } = request.params;
      await removeDataServer(wiring, caller, { dataServerId, ifMatch: request.headers['if-match'] });
      reply.code(204);
      return null;
    },
  );
}

/** Which data servers an ACD is assigned to (ACD-04). */
export function acdDataServerRoutes(app: App, wiring: Wiring): void {
  async function choiceOf(tenantId: string, acdId: string) {
    const { servers, acds } = await readAsTenant(wiring.pool, { tenantId }, (sql) => readDataServers(sql, tenantId));
    const acd = acds.find((one) => one.acdId === acdId);
    if (!acd) throw notFound(acdId);
    const nameOf = (id: string | undefined) => servers.find((one) => one.dataServerId === id)?.name ?? null;
    const choice = { acdId, assigned: byRole((role) => nameOf(acd.assigned[role])), serving: acd.serving };
    return { choice, etag: entityTag(versionOfChoice(acd.assigned)) };
  }

  app.get(
    '/v1/acds/:acdId/data-servers',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'Which data servers work for an ACD',
        description: 'What was chosen, and who works by that. The ETag is what another choice sends as If-Match.',
        tags,
        params: AcdParams,
        response: { 200: ChosenDataServers, ...errors },
      },
    },
    async (request, reply) => {
      const { choice, etag } = await choiceOf(requireTenant(request), request.params.acdId);
      reply.header('etag', etag);
      return choice;
    },
  );

  app.put(
    '/v1/acds/:acdId/data-servers',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Assign an ACD to data servers, one per role',
        description:
          'Needs If-Match. What is under way for it ends where it is; what comes next is done by the workers of the new data server.',
        tags,
        params: AcdParams,
        headers: IfMatch,
        body: ChooseDataServers,
        response: { 200: ChosenDataServers, ...errors },
      },
    },
    async (request, reply) => {
      const tenantId = requireTenant(request);
      const { acdId } = request.params;
      const ifMatch = request.headers['if-match'];
      await chooseDataServers(
        wiring,
        { tenantId, subject: request.caller.subject },
        { acdId, ifMatch, body: request.body },
      );
      const { choice, etag } = await choiceOf(tenantId, acdId);
      reply.header('etag', etag);
      return choice;
    },
  );
}
