import { webhookRoute } from '@wxcc-wfo/acd';
import type { App, Clock, Sealer } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { instruments } from '../telemetry.ts';
import { addHint } from './hint-repository.ts';
import { TASK_WEBHOOK } from './task-webhook.ts';

/** Where Webex announces ended tasks; answered as soon as the hint is a row. */
export function taskWebhookRoute(
  app: App,
  deps: { pool: Pool; sealer: Sealer; clock: Clock; onHint(): void },
): Promise<void> {
  const { pool, sealer, clock } = deps;
  return webhookRoute(app, {
    kind: TASK_WEBHOOK,
    summary: 'Webex announces an ended task',
    sql: pool,
    sealer,
    nowMs: clock.nowMs,
    async onEvent(acd, { taskId }) {
      if (!taskId) return;
      instruments.hints.add(1, { acd: acd.acdId, outcome: 'received' });
      await addHint(pool, acd, { taskId, nowMs: clock.nowMs() });
      deps.onHint();
    },
    onRefused: (acdId) => instruments.hints.add(1, { acd: acdId, outcome: 'refused' }),
  });
}
