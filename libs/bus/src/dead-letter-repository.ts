import { randomUUID } from 'node:crypto';
import { storableText } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { IHeaders } from 'kafkajs';
import { decodeHeaders, headerText } from './cloud-event.ts';
import type { RawRecord } from './received-event.ts';
import { parseTraceHeaders } from './trace-context.ts';

export type DeadLetterState = 'waiting' | 'parked' | 'replayed' | 'discarded';

/** A record that is put aside, with everything needed to look at it and to handle it again. */
export interface NewDeadLetter {
  record: RawRecord;
  logEpoch: number;
  state: 'waiting' | 'parked';
  /** Short and stable: 'not-json', 'contract-broken', 'refused-by-database', 'unknown-failure', the handler's reason … */
  code: string;
  reason: string;
  step: 'decode' | 'handle';
  attempt: number;
  nextAttemptAtMs: number | null;
  /** Kept without a tenant: only an operator sees it. */
  ownerless?: boolean;
}

export interface StoredDeadLetter {
  id: string;
  tenantId: string | null;
  acdId: string | null;
  attempt: number;
  state: DeadLetterState;
  edited: boolean;
  record: RawRecord;
}

const COLUMNS = `d.id, d.tenant_id, d.acd_id, d.topic, d.partition, d."offset"::text AS "offset", d.key, d.headers,
  d.attempt, d.state, d.record_at_ms::text AS record_at_ms, d.edited_value IS NOT NULL AS edited,
  coalesce(d.edited_value, d.value) AS value`;

/** A letter that was settled before is open again if its record was read again and failed again. */
export async function insertDeadLetters(
  tx: SqlClient,
  group: string,
  letters: readonly NewDeadLetter[],
): Promise<void> {
  const now = Date.now();
  for (const letter of letters) {
    const { record } = letter;
    const ce = decodeHeaders(record.headers);
    await tx.query(
      `INSERT INTO dead_letter (id, tenant_id, acd_id, consumer_group, topic, partition, "offset", log_epoch, key, value,
         headers, reason, code, step, attempt, trace_id, state, next_attempt_at_ms, record_at_ms, created_at_ms, updated_at_ms)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $20)
       ON CONFLICT (consumer_group, topic, partition, "offset", log_epoch) DO UPDATE
         SET reason = excluded.reason, code = excluded.code, step = excluded.step, attempt = excluded.attempt,
           state = excluded.state, next_attempt_at_ms = excluded.next_attempt_at_ms, updated_at_ms = excluded.updated_at_ms
         WHERE dead_letter.state NOT IN ('waiting', 'parked')`,
      [
        randomUUID(),
        letter.ownerless ? null : ce.tenantId,
        letter.ownerless ? null : ce.acdId,
        group,
        record.topic,
        record.partition,
        record.offset.toString(),
        letter.logEpoch,
        record.key,
        record.value,
        JSON.stringify(headersToJson(record.headers)),
        storableText(letter.reason).slice(0, 2000),
        storableText(letter.code).slice(0, 200),
        letter.step,
        letter.attempt,
        parseTraceHeaders(ce)?.traceId ?? null,
        letter.state,
        letter.nextAttemptAtMs,
        Math.trunc(record.timestampMs),
        now,
      ],
    );
  }
}

/** The row locked for handling it again; undefined if it is gone, another's, or not in one of `states`. */
export async function lockDeadLetter(
  tx: SqlClient,
  id: string,
  group: string,
  states: readonly DeadLetterState[],
): Promise<StoredDeadLetter | undefined> {
  const { rows } = await tx.query(
    `SELECT ${COLUMNS} FROM dead_letter d WHERE id = $1 AND consumer_group = $2 AND state = ANY ($3) FOR UPDATE SKIP LOCKED`,
    [id, group, states],
  );
  return rows[0] ? toStored(rows[0] as DeadLetterRow) : undefined;
}

export async function readDeadLetter(
  db: SqlClient,
  id: string,
  group: string,
  tenantId: string | null,
): Promise<StoredDeadLetter | undefined> {
  const { rows } = await db.query(
    `SELECT ${COLUMNS} FROM dead_letter d
     WHERE id = $1 AND consumer_group = $2 AND ($3::uuid IS NULL OR tenant_id = $3)`,
    [id, group, tenantId],
  );
  return rows[0] ? toStored(rows[0] as DeadLetterRow) : undefined;
}

export async function dueDeadLetters(
  db: SqlClient,
  group: string,
  nowMs: number,
  limit: number,
): Promise<StoredDeadLetter[]> {
  const { rows } = await db.query(
    `SELECT ${COLUMNS} FROM dead_letter d
     WHERE consumer_group = $1 AND state = 'waiting' AND next_attempt_at_ms <= $2 ORDER BY next_attempt_at_ms LIMIT $3`,
    [group, nowMs, limit],
  );
  return (rows as DeadLetterRow[]).map(toStored);
}

/** Tried again later, without counting an attempt. */
export async function putOffDeadLetter(db: SqlClient, id: string, nextAttemptAtMs: number): Promise<void> {
  await db.query(`UPDATE dead_letter SET next_attempt_at_ms = $2 WHERE id = $1 AND state = 'waiting'`, [
    id,
    nextAttemptAtMs,
  ]);
}

export async function updateDeadLetter(
  tx: SqlClient,
  id: string,
  change: {
    state: DeadLetterState;
    attempt: number;
    nextAttemptAtMs: number | null;
    code?: string;
    reason?: string;
    by: string;
  },
): Promise<void> {
  await tx.query(
    `UPDATE dead_letter SET state = $2, attempt = $3, next_attempt_at_ms = $4, code = coalesce($5, code),
       reason = coalesce($6, reason), updated_by = $7, updated_at_ms = $8 WHERE id = $1`,
    [
      id,
      change.state,
      change.attempt,
      change.nextAttemptAtMs,
      change.code === undefined ? null : storableText(change.code).slice(0, 200),
      change.reason === undefined ? null : storableText(change.reason).slice(0, 2000),
      change.by,
      Date.now(),
    ],
  );
}

interface DeadLetterRow {
  id: string;
  tenant_id: string | null;
  acd_id: string | null;
  topic: RawRecord['topic'];
  partition: number;
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, string>;
  attempt: number;
  state: DeadLetterState;
  edited: boolean;
  record_at_ms: string;
}

function toStored(row: DeadLetterRow): StoredDeadLetter {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    acdId: row.acd_id,
    attempt: row.attempt,
    state: row.state,
    edited: row.edited,
    record: {
      topic: row.topic,
      partition: row.partition,
      offset: BigInt(row.offset),
      key: row.key,
      value: row.value,
      headers: row.headers as IHeaders,
      timestampMs: Number(row.record_at_ms),
    },
  };
}

function headersToJson(headers: IHeaders): Record<string, string> {
  const entries = Object.keys(headers).map((name) => [
    storableText(name),
    storableText(headerText(headers, name) ?? ''),
  ]);
  return Object.fromEntries(entries) as Record<string, string>;
}
