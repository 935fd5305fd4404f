import { findAcd } from '@wxcc-wfo/acd';
import { republicationRoute as routeOf } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { type App, problem } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { toTaskEnded } from './task-ended-policy.ts';
import { lockTasksEndedIn } from './task-repository.ts';

/** POST /v1/republications: tells the stored tasks of a time range once more, each at its present revision. */
export function republicationRoute(app: App, { pool }: { pool: Pool }): void {
  routeOf(app, {
    pool,
    scope: 'capture:write',
    tag: 'capture',
    things: 'tasks',
    happened: 'ended',
    async readPage(tx, { acdId, tenantId, after, ...range }) {
      const acd = await findAcd(tx, acdId);
      if (!acd || (tenantId !== null && tenantId !== acd.tenantId)) {
        const detail = `There is no ACD ${acdId}.`;
        throw problem({ status: 404, code: 'not-found', detail, field: 'acdId', remedy: 'Check the id.' });
      }
      const position = after && { endedAtMs: after.atMs, taskId: after.id };
      const tasks = await lockTasksEndedIn(tx, { acdId, after: position, ...range });
      return tasks.map((task) => ({
        event: { topic: TOPICS.taskEnded, payload: toTaskEnded(acd, task) },
        place: { atMs: task.facts.endedAtMs, id: task.taskId },
      }));
    },
  });
}
