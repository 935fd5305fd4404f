import { consumerCheck, createDeadLetters, deadLetterRoutes, eventBlobRoutes } from '@wxcc-wfo/bus';
import {
  type App,
  accessOptions,
  createAccessControl,
  createApp,
  databaseCheck,
  keyRotationRoute,
  type Lifecycle,
  readAsTenant,
} from '@wxcc-wfo/service-kit';
import { auditRoutes } from './audit/audit-route.ts';
import { duplicateRoutes } from './duplicates/duplicate-route.ts';
import { queueRoutes } from './queues/queue-route.ts';
import { referenceRoutes } from './reference/reference-route.ts';
import { roleRoutes } from './roles/role-route.ts';
import { runRoutes } from './runs/run-route.ts';
import { settingsRoutes } from './settings/settings-route.ts';
import { teamRoutes } from './teams/team-route.ts';
import { userRoutes } from './users/user-route.ts';
import type { Wiring } from './wiring.ts';

const STALLED_LOOP_MS = 60_000;

/** The HTTP side of sync, built and not listening. */
export async function buildApp(wiring: Wiring, o: { lifecycle?: Lifecycle; isCaughtUp(): boolean }): Promise<App> {
  const { config, pool, clock, consumer } = wiring;
  const app = await createApp({
    service: 'sync',
    version: '0.1.0',
    description: 'Keeps WFO’s users, teams and queues in step with the directories of Webex Contact Center tenants.',
    logger: wiring.logger,
    access: createAccessControl({ pool, ...accessOptions(config) }),
    trustProxy: config.HTTP_TRUST_PROXY,
    ...(o.lifecycle ? { lifecycle: o.lifecycle } : {}),
    readiness: [
      databaseCheck(pool),
      { name: 'acd-changed', check: () => (o.isCaughtUp() ? null : 'The ACDs are not all read yet.') },
      consumerCheck(consumer, 'running'),
    ],
    liveness: [
      { name: 'runs', lastTickMs: () => wiring.syncJob.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
      { name: 'directory work', lastTickMs: () => wiring.directoryWork.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
      { name: 'relay', lastTickMs: () => wiring.relay.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
      { name: 'consumer', lastTickMs: () => consumer.lastTickMs(), maxAgeMs: STALLED_LOOP_MS },
    ],
  });
  runRoutes(app, { pool, clock, onDue: wiring.syncJob.wake });
  settingsRoutes(app, { pool, clock });
  const directoryRoutes = [userRoutes, teamRoutes, queueRoutes, referenceRoutes, roleRoutes, duplicateRoutes];
  for (const register of [...directoryRoutes, auditRoutes]) register(app, { pool, clock });
  await deadLetterRoutes(app, {
    deadLetters: createDeadLetters({
      pool,
      consumers: [consumer],
      readAsTenant: (tenantId, read) => readAsTenant(pool, { tenantId }, read),
    }),
  });
  keyRotationRoute(app, { job: wiring.rewrapJob });
  await eventBlobRoutes(app, { pool });
  return app;
}
