import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Owner } from '../tasks/task-repository.ts';
import { type LedgerRow, paintReading, type TimeWindow, type WindowReading } from './window-policy.ts';

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

/** What planning needs: the oldest gaps and where the ledger ends. */
export async function readLedger(
  client: SqlClient,
  o: { acdId: string; sweep: Sweep },
): Promise<{ gaps: LedgerRow[]; lastEndMs: number | null }> {
  const { rows } = await client.query<Row>(
    `SELECT ${COLUMNS} FROM window_ledger WHERE acd_id = $1 AND sweep = $2 AND state = 'gap'
     ORDER BY start_ms LIMIT ${MOST_GAPS_PER_POLL}`,
    [o.acdId, o.sweep],
  );
  const end = await client.query<{ last_end_ms: number | null }>(
    'SELECT max(end_ms) AS last_end_ms FROM window_ledger WHERE acd_id = $1 AND sweep = $2',
    [o.acdId, o.sweep],
  );
  return { gaps: rows.map(toLedgerRow), lastEndMs: end.rows[0]?.last_end_ms ?? null };
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
