import type { FastifyInstance, FastifyRequest } from 'fastify';
import { READ_SCOPES, WRITE_SCOPES } from '../gateway/gateway.ts';
import type { Tenant } from '../tenant.ts';
import { eventTypesByVersion } from './event-types.ts';
import type { SubscriptionRequest } from './subscription-store.ts';

/** Subscriptions and event types, in both versions. */
export function subscriptionRoutes(app: FastifyInstance, tenant: Tenant): void {
  for (const version of [1, 2] as const) routesOf(app, tenant, version);
}

function routesOf(app: FastifyInstance, tenant: Tenant, version: 1 | 2): void {
  const read = { config: { kind: 'subscriptions', errors: 'subscriptions', scopes: READ_SCOPES } } as const;
  const write = { config: { ...read.config, scopes: WRITE_SCOPES } } as const;
  const { orgId } = tenant.options;
  const path = `/v${version}/subscriptions`;
  const store = tenant.subscriptions;
  const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;
  const bodyOf = (request: FastifyRequest): SubscriptionRequest => (request.body ?? {}) as SubscriptionRequest;
  const emailOf = (request: FastifyRequest): string => request.grant?.account.email ?? '';

  app.get(path, read, async () => ({
    meta: { orgId, ...(version === 2 ? { subscriptionCount: store.list().length } : {}) },
    data: store.list(version).map((one) => one.view),
  }));
  app.post(path, write, async (request, reply) => {
    reply.code(201);
    return { meta: { orgId }, data: store.create(version, bodyOf(request), emailOf(request)).view };
  });
  app.get(`${path}/:id`, read, async (request) => ({ meta: { orgId }, data: store.get(version, idOf(request)).view }));
  app.patch(`${path}/:id`, write, async (request) => ({
    meta: { orgId },
    data: store.update(version, idOf(request), bodyOf(request), emailOf(request)).view,
  }));
  app.delete(`${path}/:id`, write, async (request, reply) => {
    store.delete(version, idOf(request));
    return reply.code(204).send();
  });
  app.get(`/v${version}/event-types`, read, async () => ({
    meta: { orgId, ...(version === 2 ? { resourceVersionList: resourceVersions() } : {}) },
    data: [...new Set(Object.values(eventTypesByVersion).flat())].map((name) => {
      const [resource, action] = name.split(':');
      return { name, resource, action };
    }),
  }));
}

function resourceVersions(): { resource: string; version: string }[] {
  return Object.keys(eventTypesByVersion).map((key) => {
    const [resource, version] = key.split(':') as [string, string];
    return { resource, version };
  });
}
