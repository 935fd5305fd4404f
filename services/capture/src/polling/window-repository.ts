import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Owner } from '../tasks/task-repository.ts';
import {
  edgeStartMs,
  type LedgerRow,
  type LedgerState,
  paintReading,
  type TimeWindow,
  type WindowReading,
  type WindowSettings,
} from './window-policy.ts';

/** Which way of finding tasks a ledger belongs to; the other sweeps of rule 5 keep ledgers of their own in this table. */
export type Sweep = 'ended' | 'last-activity' | 'anti-entropy';

interface Row {
  start_ms: number;
  end_ms: number;
  state: 'accepted' | 'gap';
  expected_count: number | null;
  seen_count: number | null;
  attempts: number;
  next_read_at_ms: number;
  read_at_ms: number;
}

const COLUMNS = 'start_ms, end_ms, state, expected_count, seen_count, attempts, next_read_at_ms, read_at_ms';
const MOST_GAPS_PER_POLL = 50;

const toLedgerRow = (row: Row): LedgerRow => ({
  startMs: row.start_ms,
  endMs: row.end_ms,
  state: row.state,
  expectedCount: row.expected_count,
  seenCount: row.seen_count,
  attempts: row.attempts,
  nextReadAtMs: row.next_read_at_ms,
  readAtMs: row.read_at_ms,
});

/** What planning needs: gaps that are due, what was not counted within the overlap, and where the ledger ends. */
export async function readLedger(
  client: SqlClient,
  o: { acdId: string; sweep: Sweep; dueAtMs: number; nowMs: number; settings: WindowSettings },
): Promise<LedgerState> {
  const end = await client.query<{ last_end_ms: number | null }>(
    'SELECT max(end_ms) AS last_end_ms FROM window_ledger WHERE acd_id = $1 AND sweep = $2',
    [o.acdId, o.sweep],
  );
  const lastEndMs = end.rows[0]?.last_end_ms ?? null;
  const { rows } = await client.query<Row & { is_due: boolean }>(
    `(SELECT ${COLUMNS}, true AS is_due FROM window_ledger
      WHERE acd_id = $1 AND sweep = $2 AND state = 'gap' AND next_read_at_ms <= $3
      ORDER BY next_read_at_ms, start_ms LIMIT ${MOST_GAPS_PER_POLL})
     UNION ALL
     (SELECT ${COLUMNS}, false AS is_due FROM window_ledger
      WHERE acd_id = $1 AND sweep = $2 AND state = 'gap' AND expected_count IS NULL AND end_ms > $4)`,
    [o.acdId, o.sweep, o.dueAtMs, edgeStartMs(lastEndMs, o.nowMs, o.settings)],
  );
  const dueGaps = rows.filter((row) => row.is_due).map(toLedgerRow);
  dueGaps.sort((a, b) => a.nextReadAtMs - b.nextReadAtMs || a.startMs - b.startMs);
  const uncounted = rows.filter((row) => !row.is_due).map(toLedgerRow);
  return { dueGaps, uncounted, lastEndMs };
}

/**
 * Lets what an ACD had as read since `sinceMs` be read again where its organization or its address is another one than
 * before: nothing of that is known of the new one. Older gaps, and what was not reached yet, stay to be read.
 * The caller holds the ACD's lease row in the same transaction.
 */
export async function beginLedgerOf(
  tx: SqlClient,
  o: { acdId: string; source: string; sinceMs: number },
): Promise<'goes-on' | 'begun-anew'> {
  const before = await readLedgerSource(tx, o.acdId);
  await tx.query('UPDATE poll_state SET ledger_source = $2 WHERE acd_id = $1', [o.acdId, o.source]);
  if (before === null || before === o.source) return 'goes-on';
  await tx.query('DELETE FROM window_ledger WHERE acd_id = $1 AND end_ms > $2', [o.acdId, o.sinceMs]);
  return 'begun-anew';
}

/** What the ledger was read from; null: it was not noted yet. */
export async function readLedgerSource(client: SqlClient, acdId: string): Promise<string | null> {
  const { rows } = await client.query<{ ledger_source: string | null }>(
    'SELECT ledger_source FROM poll_state WHERE acd_id = $1',
    [acdId],
  );
  return rows[0]?.ledger_source ?? null;
}

/** Writes what a reading came to into the ledger. The caller holds the ACD's lease row in the same transaction. */
export async function recordReading(
  tx: SqlClient,
  owner: Owner,
  o: { sweep: Sweep; epoch: number; reading: WindowReading; rowMs: number },
): Promise<void> {
  const before = await readTouchedRows(tx, { acdId: owner.acdId, sweep: o.sweep, window: o.reading.window });
  const after = paintReading(before, o.reading, o.rowMs);
  const kept = new Set(before.filter((row) => after.includes(row)));
  const removed = before.filter((row) => !kept.has(row)).map((row) => row.startMs);
  const added = after.filter((row) => !kept.has(row));
  await tx.query('DELETE FROM window_ledger WHERE acd_id = $1 AND sweep = $2 AND start_ms = ANY($3::bigint[])', [
    owner.acdId,
    o.sweep,
    removed,
  ]);
  await tx.query(
    `INSERT INTO window_ledger (acd_id, tenant_id, sweep, epoch, ${COLUMNS})
     SELECT $1, $2, $3, $4, w.* FROM unnest($5::bigint[], $6::bigint[], $7::text[], $8::int[], $9::int[], $10::int[],
       $11::bigint[], $12::bigint[]) AS w`,
    [
      owner.acdId,
      owner.tenantId,
      o.sweep,
      o.epoch,
      added.map((row) => row.startMs),
      added.map((row) => row.endMs),
      added.map((row) => row.state),
      added.map((row) => row.expectedCount),
      added.map((row) => row.seenCount),
      added.map((row) => row.attempts),
      added.map((row) => row.nextReadAtMs),
      added.map((row) => row.readAtMs),
    ],
  );
}

async function readTouchedRows(
  tx: SqlClient,
  o: { acdId: string; sweep: Sweep; window: TimeWindow },
): Promise<LedgerRow[]> {
  const { rows } = await tx.query<Row>(
    `SELECT ${COLUMNS} FROM window_ledger WHERE acd_id = $1 AND sweep = $2 AND end_ms > $3 AND start_ms < $4
     UNION (SELECT ${COLUMNS} FROM window_ledger WHERE acd_id = $1 AND sweep = $2 ORDER BY end_ms DESC LIMIT 1)
     ORDER BY start_ms`,
    [o.acdId, o.sweep, o.window.startMs, o.window.endMs],
  );
  return rows.map(toLedgerRow);
}
