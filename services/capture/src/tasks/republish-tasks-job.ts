import { appendEvents } from '@wxcc-wfo/bus';
import { type AcdChanged, TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { toTaskEnded } from './task-ended-policy.ts';
import { lockTasksEndedIn, type TaskPosition } from './task-repository.ts';

const PAGE = 250;

export interface RepublishInput {
  acd: AcdChanged;
  fromMs: number;
  toMs: number;
  after: TaskPosition | null;
  /** At most so many tasks (rounded up to whole pages). */
  limit: number;
}

/**
 * Publishes stored tasks that ended in [fromMs, toMs) again, each at its present revision, in one transaction per page.
 * `next` is where to go on when the limit was reached; repeating a page does no harm.
 */
export function createRepublishTasksJob(deps: { pool: Pool }) {
  return async function republishTasks(
    input: RepublishInput,
  ): Promise<{ published: number; next: TaskPosition | null }> {
    let { after } = input;
    let published = 0;
    while (published < input.limit) {
      const page = await republishPage(deps.pool, input, after);
      published += page.published;
      if (page.last === null || page.published < PAGE) return { published, next: null };
      after = page.last;
    }
    return { published, next: after };
  };
}

async function republishPage(pool: Pool, input: RepublishInput, after: TaskPosition | null) {
  const { acd, fromMs, toMs } = input;
  return await inTransaction(pool, async (tx) => {
    const tasks = await lockTasksEndedIn(tx, { acdId: acd.acdId, fromMs, toMs, after, limit: PAGE });
    await appendEvents(
      tx,
      tasks.map((task) => ({ topic: TOPICS.taskEnded, payload: toTaskEnded(acd, task) })),
    );
    const last = tasks.at(-1);
    return { published: tasks.length, last: last ? { endedAtMs: last.facts.endedAtMs, taskId: last.taskId } : null };
  });
}
