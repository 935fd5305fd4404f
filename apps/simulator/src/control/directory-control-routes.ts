import type { FastifyInstance } from 'fastify';
import type { DirectorySwitch, OldRecords } from '../config/directory-store.ts';
import type { GeneratedSize } from '../config/generated-records.ts';
import type { RecordPatch } from '../config/record-table.ts';
import { type Resource, resources } from '../config/records.ts';
import type { Tenant } from '../tenant.ts';

/** Words of the control API for the resources of the configuration API. */
export const directoryKinds = {
  users: 'user',
  teams: 'team',
  queues: 'contact-service-queue',
  sites: 'site',
  'entry-points': 'entry-point',
  'auxiliary-codes': 'auxiliary-code',
} as const satisfies Record<string, Resource>;
export type DirectoryKind = keyof typeof directoryKinds;

interface Place {
  Params: { kind: string; id: string };
}

/** How tests change who and what the tenant has configured while it runs. */
export function directoryControlRoutes(app: FastifyInstance, { directory }: Tenant): void {
  app.get('/control/directory', async () =>
    Object.fromEntries(
      Object.entries(directoryKinds).map(([kind, resource]) => [kind, directory.table(resource).size()]),
    ),
  );
  app.post<{ Body: GeneratedSize }>('/control/directory/generate', async (request) => {
    directory.generate(request.body);
    return Object.fromEntries(resources.map((resource) => [resource, directory.table(resource).size()]));
  });
  app.post<{ Body: DirectorySwitch | undefined }>('/control/directory/switch', async (request) =>
    directory.switchDirectory(request.body ?? {}),
  );
  app.get<{ Params: { kind: string }; Querystring: { from?: string; to?: string } }>(
    '/control/directory/:kind',
    async (request) => {
      const table = directory.table(resourceOf(request.params.kind));
      const { from = '0', to = '1000' } = request.query;
      return { total: table.size(), records: table.slice(Number(from), Number(to)) };
    },
  );
  app.get<Place>('/control/directory/:kind/:id', async ({ params }) => {
    const record = directory.table(resourceOf(params.kind)).find(params.id);
    if (record === undefined) throw new Error(`There is no ${params.kind} with id ${params.id}.`);
    return record;
  });
  app.post<{ Params: { kind: string }; Body: RecordPatch }>('/control/directory/:kind', async (request, reply) => {
    reply.code(201);
    return directory.add(resourceOf(request.params.kind), request.body ?? {});
  });
  app.patch<Place & { Body: RecordPatch }>('/control/directory/:kind/:id', async ({ params, body }) =>
    directory.change(resourceOf(params.kind), params.id, body),
  );
  app.delete<Place>('/control/directory/:kind/:id', async ({ params }) =>
    directory.remove(resourceOf(params.kind), params.id),
  );
  app.post<Place>('/control/directory/:kind/:id/restore', async ({ params }) =>
    directory.restore(resourceOf(params.kind), params.id),
  );
  app.post<Place & { Body: { old?: OldRecords; patch?: RecordPatch } | undefined }>(
    '/control/directory/:kind/:id/replace',
    async ({ params, body }) => directory.replace(resourceOf(params.kind), params.id, body ?? {}),
  );
}

function resourceOf(kind: string): Resource {
  const resource = directoryKinds[kind as DirectoryKind];
  if (resource !== undefined) return resource;
  throw new Error(`"${kind}" is no kind of the directory. Use one of: ${Object.keys(directoryKinds).join(', ')}.`);
}
