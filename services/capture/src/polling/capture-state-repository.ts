import type { AcdVariant } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { PollProblem } from './lease-repository.ts';

export interface CaptureState {
  deleted: boolean;
  authorization: string;
  variant: AcdVariant;
  /** Who captures it (ACD-04); null: capture is switched off. */
  dataServer: string | null;
  lastPollAtMs: number | null;
  lastSuccessAtMs: number | null;
  failures: number;
  problem: PollProblem | null;
  readFromMs: number | null;
  readToMs: number | null;
  acceptedWindows: number;
  gaps: { startMs: number; endMs: number; expectedCount: number | null; seenCount: number | null; attempts: number }[];
  openHints: number;
  tasks: number;
  refusedTasks: { taskId: string; reasons: string[]; readings: number }[];
  webhook: { state: string; checkedAtMs: number; lastEventAtMs: number | null; lastError: string | null } | null;
}

const SHOWN = 20;

/** All that can be told of capturing one ACD, or null when the reader's tenant has no such ACD. */
export async function readCaptureState(tx: SqlClient, acdId: string): Promise<CaptureState | null> {
  const state = await tx.query<{ state: Omit<CaptureState, 'gaps' | 'refusedTasks' | 'webhook'> }>(STATE, [acdId]);
  if (!state.rows[0]) return null;
  const gaps = await tx.query<{ gap: CaptureState['gaps'][number] }>(GAPS, [acdId]);
  const refused = await tx.query<{ refused: CaptureState['refusedTasks'][number] }>(REFUSED, [acdId]);
  const webhook = await tx.query<{ webhook: NonNullable<CaptureState['webhook']> }>(WEBHOOK, [acdId]);
  return {
    ...state.rows[0].state,
    gaps: gaps.rows.map((row) => row.gap),
    refusedTasks: refused.rows.map((row) => row.refused),
    webhook: webhook.rows[0]?.webhook ?? null,
  };
}

const STATE = `SELECT json_build_object(
    'deleted', a.deleted, 'authorization', a.configuration->>'authorization',
    'variant', a.configuration->>'variant',
    'dataServer', a.data_servers->>'capture',
    'lastPollAtMs', p.last_poll_at_ms, 'lastSuccessAtMs', p.last_success_at_ms, 'failures', p.failures,
    'problem', p.last_error, 'readFromMs', w.from_ms, 'readToMs', w.to_ms, 'acceptedWindows', w.accepted,
    'openHints', (SELECT count(*) FROM hint h WHERE h.acd_id = a.acd_id),
    'tasks', (SELECT count(*) FROM task t WHERE t.acd_id = a.acd_id)) AS state
  FROM acd a JOIN poll_state p ON p.acd_id = a.acd_id
  CROSS JOIN (SELECT min(start_ms) AS from_ms, max(end_ms) AS to_ms, count(*) FILTER (WHERE state = 'accepted') AS accepted
              FROM window_ledger WHERE acd_id = $1 AND sweep = 'ended') w
  WHERE a.acd_id = $1`;

const GAPS = `SELECT json_build_object('startMs', start_ms, 'endMs', end_ms, 'expectedCount', expected_count,
    'seenCount', seen_count, 'attempts', attempts) AS gap
  FROM window_ledger WHERE acd_id = $1 AND sweep = 'ended' AND state = 'gap' ORDER BY start_ms LIMIT ${SHOWN}`;

const REFUSED = `SELECT json_build_object('taskId', task_id, 'reasons', reasons, 'readings', readings) AS refused
  FROM refused_task WHERE acd_id = $1 ORDER BY last_seen_at_ms DESC LIMIT ${SHOWN}`;

const WEBHOOK = `SELECT json_build_object('state', state, 'checkedAtMs', checked_at_ms,
    'lastEventAtMs', last_event_at_ms, 'lastError', last_error) AS webhook
  FROM webhook_subscription WHERE acd_id = $1`;
