import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import type { Consumer } from './consumer-port.ts';
import type { DeadLetterState } from './dead-letter-repository.ts';
import type { ReplayResult } from './redelivery.ts';

export interface DeadLetterSummary {
  id: string;
  tenantId: string | null;
  acdId: string | null;
  consumerGroup: string;
  topic: string;
  partition: number;
  offset: string;
  code: string;
  reason: string;
  step: string;
  attempt: number;
  traceId: string | null;
  state: DeadLetterState;
  edited: boolean;
  createdAtMs: number;
  updatedAtMs: number;
  updatedBy: string | null;
  note: string | null;
}

/** Text where the bytes are valid UTF-8, else base64; null where the record had none. */
export interface ShownBytes {
  encoding: 'text' | 'base64';
  content: string;
}

export interface DeadLetterDetail extends DeadLetterSummary {
  key: ShownBytes | null;
  value: ShownBytes | null;
  editedValue: ShownBytes | null;
  headers: Record<string, string>;
}

export interface DeadLetterFilter {
  state?: DeadLetterState;
  topic?: string;
  acdId?: string;
  tenantId?: string;
  code?: string;
}

export interface DeadLetters {
  /** Newest first. `tenantId` null sees every tenant's; else only the tenant's own, whatever the filter says. */
  list(
    tenantId: string | null,
    o: { filter?: DeadLetterFilter; limit?: number; cursor?: string },
  ): Promise<{ items: DeadLetterSummary[]; nextCursor: string | null }>;
  read(tenantId: string | null, id: string): Promise<DeadLetterDetail | undefined>;
  /** Sets the value that a replay uses; the original bytes stay. False if there is no such open dead letter. */
  edit(tenantId: string | null, id: string, value: Buffer, by: string): Promise<boolean>;
  discard(tenantId: string | null, id: string, by: string, note: string | null): Promise<boolean>;
  replay(tenantId: string | null, id: string, by: string): Promise<ReplayResult>;
}

export interface DeadLettersOptions {
  pool: Pool;
  /** All consumers of the service; a replay goes to the one of the dead letter's group. */
  consumers: readonly Consumer[];
  /** Runs a read under row-level security as one tenant, beside the condition of the query (service-kit: readAsTenant). */
  readAsTenant?<T>(tenantId: string, read: (tx: SqlClient) => Promise<T>): Promise<T>;
}

/** A cursor that this service did not give. */
export class InvalidCursorError extends Error {
  override name = 'InvalidCursorError';
}

const SUMMARY = `id, tenant_id AS "tenantId", acd_id AS "acdId", consumer_group AS "consumerGroup", topic, partition,
  "offset"::text AS "offset", code, reason, step, attempt, trace_id AS "traceId", state,
  edited_value IS NOT NULL AS edited, created_at_ms::float8 AS "createdAtMs", updated_at_ms::float8 AS "updatedAtMs",
  updated_by AS "updatedBy", note`;
const OPEN = `state IN ('waiting', 'parked')`;
const MINE = '($2::uuid IS NULL OR tenant_id = $2)';

/** Looking at, mending, replaying and discarding the dead letters of a service (rule 4). */
export function createDeadLetters(o: DeadLettersOptions): DeadLetters {
  const reading = <T>(tenantId: string | null, read: (tx: SqlClient) => Promise<T>): Promise<T> =>
    tenantId !== null && o.readAsTenant ? o.readAsTenant(tenantId, read) : read(o.pool);

  return {
    async list(tenantId, { filter = {}, limit = 50, cursor }) {
      const after = cursor === undefined ? null : parseCursor(cursor);
      const { rows } = await reading(tenantId, (db) =>
        db.query(
          `SELECT ${SUMMARY} FROM dead_letter
           WHERE ($1::bigint IS NULL OR (created_at_ms, id) < ($1, $3::uuid)) AND ${MINE}
             AND ($4::text IS NULL OR state = $4) AND ($5::text IS NULL OR topic = $5)
             AND ($6::uuid IS NULL OR acd_id = $6) AND ($7::uuid IS NULL OR tenant_id = $7) AND ($8::text IS NULL OR code = $8)
           ORDER BY created_at_ms DESC, id DESC LIMIT $9`,
          [
            after?.createdAtMs ?? null,
            tenantId,
            after?.id ?? null,
            filter.state ?? null,
            filter.topic ?? null,
            filter.acdId ?? null,
            filter.tenantId ?? null,
            filter.code ?? null,
            limit + 1,
          ],
        ),
      );
      const items = rows.slice(0, limit) as DeadLetterSummary[];
      const last = items.at(-1);
      return { items, nextCursor: rows.length > limit && last ? `${last.createdAtMs}.${last.id}` : null };
    },

    async read(tenantId, id) {
      const { rows } = await reading(tenantId, (db) =>
        db.query(`SELECT ${SUMMARY}, key, value, edited_value, headers FROM dead_letter WHERE id = $1 AND ${MINE}`, [
          id,
          tenantId,
        ]),
      );
      const row = rows[0];
      if (!row) return undefined;
      const { key, value, edited_value, ...rest } = row;
      return { ...rest, key: show(key), value: show(value), editedValue: show(edited_value) } as DeadLetterDetail;
    },

    async edit(tenantId, id, value, by) {
      const { rowCount } = await o.pool.query(
        `UPDATE dead_letter SET edited_value = $3, updated_by = $4, updated_at_ms = $5 WHERE id = $1 AND ${MINE} AND ${OPEN}`,
        [id, tenantId, value, by, Date.now()],
      );
      return rowCount === 1;
    },

    async discard(tenantId, id, by, note) {
      const { rowCount } = await o.pool.query(
        `UPDATE dead_letter SET state = 'discarded', next_attempt_at_ms = NULL, updated_by = $3, note = $4, updated_at_ms = $5
         WHERE id = $1 AND ${MINE} AND ${OPEN}`,
        [id, tenantId, by, note, Date.now()],
      );
      return rowCount === 1;
    },

    async replay(tenantId, id, by) {
      const { rows } = await o.pool.query<{ consumer_group: string }>(
        `SELECT consumer_group FROM dead_letter WHERE id = $1 AND ${MINE} AND ${OPEN}`,
        [id, tenantId],
      );
      const group = rows[0]?.consumer_group;
      if (group === undefined) return { result: 'not-found' };
      const consumer = o.consumers.find((c) => c.groupId === group);
      if (!consumer) {
        return {
          result: 'parked',
          code: 'no-consumer',
          reason: `Group '${group}' has no consumer in this process; ask a replica that runs it.`,
        };
      }
      return await consumer.replay(id, tenantId, by);
    },
  };
}

function parseCursor(cursor: string): { createdAtMs: string; id: string } {
  const match = /^(\d{1,15})\.([\da-f-]{36})$/.exec(cursor);
  if (!match) throw new InvalidCursorError('The cursor is not one that this service gave. Leave it out to begin anew.');
  return { createdAtMs: match[1]!, id: match[2]! };
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function show(bytes: Buffer | null): ShownBytes | null {
  if (bytes === null) return null;
  try {
    return { encoding: 'text', content: utf8.decode(bytes) };
  } catch {
    return { encoding: 'base64', content: bytes.toString('base64') };
  }
}
