import type { FastifyInstance } from 'fastify';
import type { FaultRequest } from '../faults/fault-board.ts';
import type { Simulator } from '../simulator-type.ts';
import type { ScriptedTask } from '../story/task-factory.ts';
import { directoryControlRoutes } from './directory-control-routes.ts';
import { oauthControlRoutes } from './oauth-control-routes.ts';

/** The other side of the mirror: what tests and demos steer. No credential, loopback only. */
export function controlRoutes(app: FastifyInstance, simulator: Simulator): void {
  const { tenant } = simulator;
  app.get('/control/ground-truth', async (request) => {
    const { taskId } = request.query as { taskId?: string };
    const truth = simulator.groundTruth();
    return { tasks: taskId === undefined ? truth : truth.filter((one) => one.taskId === taskId) };
  });
  app.post<{ Body: ScriptedTask }>('/control/tasks', async (request, reply) => {
    reply.code(201);
    return simulator.addTask(request.body);
  });
  app.post<{ Body: { count?: number } | undefined }>('/control/end-tasks', async (request) => ({
    taskIds: simulator.endTasks(request.body?.count ?? 1),
  }));
  app.post<{ Params: { id: string }; Body: Parameters<Simulator['changeTask']>[1] }>(
    '/control/tasks/:id/changes',
    async (request) => simulator.changeTask(request.params.id, request.body ?? {}),
  );
  app.get('/control/faults', async () => ({ faults: tenant.faults.list() }));
  app.post<{ Body: FaultRequest }>('/control/faults', async (request, reply) => {
    reply.code(201);
    return tenant.faults.add(request.body);
  });
  app.delete<{ Params: { id: string } }>('/control/faults/:id', async (request, reply) => {
    if (!tenant.faults.remove(Number(request.params.id))) throw new Error(`There is no fault ${request.params.id}.`);
    return reply.code(204).send();
  });
  app.delete('/control/faults', async (_, reply) => {
    tenant.faults.reset();
    return reply.code(204).send();
  });
  directoryControlRoutes(app, tenant);
  oauthControlRoutes(app, tenant);
  app.get('/control/requests', async () => ({
    minutes: tenant.quota.log(),
    busiest: Object.fromEntries(tenant.options.clients.map(({ id }) => [id, tenant.quota.busiestMinute(id)])),
  }));
  app.post<{ Body: { perMinute: number } }>('/control/quota', async (request) => {
    tenant.quota.setLimit(request.body.perMinute);
    return request.body;
  });
  app.post<{ Body: Record<string, string> }>('/control/resolve', async (request) =>
    Object.assign(tenant.options.resolve, request.body),
  );
  app.get('/control/webhooks', async () => ({
    deliveries: simulator.deliveries(),
    subscriptions: tenant.subscriptions.list().map((one) => ({ version: one.version, ...one.view })),
  }));
}
