import { isDeepStrictEqual } from 'node:util';
import type { RecordingAvailable } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { CapturedRecording } from '@wxcc-wfo/webex';
import type { ImportJob } from '../jobs/job-repository.ts';
import { matchKnown, type NamedRecording, recordingIdOf } from './recording-identity-policy.ts';

/** A recording that the ACD offers, with the short-lived URL that is kept in memory only. */
export interface OfferedRecording {
  recordingId: string;
  captured: CapturedRecording;
  /** The readable generation; null while no file is stored. */
  generation: number | null;
}

const LEGS: Record<CapturedRecording['leg'], RecordingAvailable['leg']> = {
  main: 'main',
  consult: 'consult',
  'va-main': 'virtual-agent-main',
  'va-consult': 'virtual-agent-consult',
};

/**
 * Stores the metadata of what is offered, before any audio, and says which of it is stored already; `revised` are the
 * events of stored files of which the ACD says something else now. Wants a transaction that holds the claim.
 */
export async function rememberOffered(
  tx: SqlClient,
  job: TaskOfJob,
  recordings: readonly CapturedRecording[],
  nowMs: number,
): Promise<{ offered: OfferedRecording[]; revised: RecordingAvailable[] }> {
  const known = await lockKnown(tx, job);
  const offered = new Map<string, OfferedRecording>();
  for (const { recordingId, captured } of identified(job, recordings, known)) {
    offered.set(recordingId, { recordingId, captured, generation: known.get(recordingId)?.generation ?? null });
  }
  const all = [...offered.values()];
  await insertKnown(
    tx,
    job,
    all.filter(({ recordingId }) => !known.has(recordingId)),
    nowMs,
  );
  const revised: RecordingAvailable[] = [];
  for (const one of all) {
    const before = known.get(one.recordingId);
    if (!before || saysTheSame(before, one.captured)) continue;
    const event = await reviseKnown(tx, job, one);
    if (event) revised.push(event);
  }
  return { offered: all, revised };
}

type TaskOfJob = Pick<ImportJob, 'acdId' | 'taskId' | 'tenantId' | 'webexOrgId'>;

interface KnownRecording extends NamedRecording {
  generation: number | null;
  channelRoles: string[];
  participants: string[];
}

async function lockKnown(tx: SqlClient, job: TaskOfJob): Promise<Map<string, KnownRecording>> {
  const { rows } = await tx.query(
    `SELECT recording_id, webex_recording_id, leg, is_segment, started_at_ms, ended_at_ms, generation, channel_roles,
       participants
     FROM recording WHERE acd_id = $1 AND task_id = $2 ORDER BY recording_id FOR UPDATE`,
    [job.acdId, job.taskId],
  );
  const known = rows.map(
    (row): KnownRecording => ({
      recordingId: row.recording_id,
      webexRecordingId: row.webex_recording_id,
      leg: row.leg,
      isSegment: row.is_segment,
      startedAtMs: row.started_at_ms,
      endedAtMs: row.ended_at_ms,
      generation: row.generation,
      channelRoles: row.channel_roles,
      participants: row.participants,
    }),
  );
  return new Map(known.map((one) => [one.recordingId, one]));
}

/** What is offered, each with the id that it has had or gets. */
function identified(
  job: TaskOfJob,
  recordings: readonly CapturedRecording[],
  known: ReadonlyMap<string, KnownRecording>,
): { recordingId: string; captured: CapturedRecording }[] {
  const named = recordings.map((captured) => ({
    ...captured,
    leg: LEGS[captured.leg],
    recordingId: recordingIdOf({ ...captured, acdId: job.acdId, webexOrgId: job.webexOrgId, taskId: job.taskId }),
  }));
  const matched = matchKnown(named, [...known.values()]);
  return recordings.map((captured, index) => {
    const { recordingId } = named[index]!;
    return { captured, recordingId: matched.get(recordingId) ?? recordingId };
  });
}

/** Agents in whatever order: Webex promises none. */
function saysTheSame(before: KnownRecording, now: CapturedRecording): boolean {
  return (
    before.startedAtMs === now.startedAtMs &&
    before.endedAtMs === now.endedAtMs &&
    isDeepStrictEqual(before.channelRoles, now.channelRoles) &&
    isDeepStrictEqual([...before.participants].sort(), now.participants.filter(isAgentId).sort())
  );
}

async function insertKnown(
  tx: SqlClient,
  job: TaskOfJob,
  offered: readonly OfferedRecording[],
  nowMs: number,
): Promise<void> {
  if (offered.length === 0) return;
  await tx.query(
    `INSERT INTO recording (recording_id, acd_id, task_id, tenant_id, webex_recording_id, leg, is_segment, started_at_ms,
       ended_at_ms, channel_roles, participants, known_at_ms)
     SELECT recording_id, $2::uuid, $3::text, $4::uuid, webex_recording_id, leg, is_segment, started_at_ms, ended_at_ms,
       channel_roles, participants, $12::bigint
     FROM unnest($1::uuid[], $5::text[], $6::text[], $7::boolean[], $8::bigint[], $9::bigint[], $10::jsonb[], $11::jsonb[])
       AS o(recording_id, webex_recording_id, leg, is_segment, started_at_ms, ended_at_ms, channel_roles, participants)
     ORDER BY recording_id`,
    [
      offered.map((one) => one.recordingId),
      job.acdId,
      job.taskId,
      job.tenantId,
      offered.map((one) => one.captured.webexRecordingId),
      offered.map((one) => LEGS[one.captured.leg]),
      offered.map((one) => one.captured.isSegment),
      offered.map((one) => one.captured.startedAtMs),
      offered.map((one) => one.captured.endedAtMs),
      offered.map((one) => JSON.stringify(one.captured.channelRoles)),
      offered.map((one) => JSON.stringify(one.captured.participants.filter(isAgentId))),
      nowMs,
    ],
  );
}

/** Stores what the ACD says now; of a file that is stored already a higher revision, which is given to be published. */
async function reviseKnown(
  tx: SqlClient,
  job: TaskOfJob,
  { recordingId, captured }: OfferedRecording,
): Promise<RecordingAvailable | undefined> {
  const { rows } = await tx.query(
    `WITH revised AS (
       UPDATE recording SET started_at_ms = $2, ended_at_ms = $3, channel_roles = $4, participants = $5,
         revision = revision + (generation IS NOT NULL)::integer
       WHERE recording_id = $1 RETURNING recording_id, generation, revision)
     SELECT * FROM revised JOIN recording_generation USING (recording_id, generation)`,
    [
      recordingId,
      captured.startedAtMs,
      captured.endedAtMs,
      JSON.stringify(captured.channelRoles),
      JSON.stringify(captured.participants.filter(isAgentId)),
    ],
  );
  const row = rows[0];
  if (!row) return undefined;
  const file = {
    path: row.path,
    segmentSizeBytes: row.segment_size_bytes,
    storedSizeBytes: row.stored_size_bytes,
    sizeBytes: row.size_bytes,
    sha256: row.sha256,
    format: row.format,
  };
  const version = { generation: row.generation, revision: row.revision, storedAtMs: row.stored_at_ms };
  return eventOf(job, { recordingId, captured }, file, version);
}

/** Participants are agents’ ids and masked customer addresses; only the former are kept. */
function isAgentId(participant: string): boolean {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/i.test(participant);
}

/** The readable generation of a recording now; the row is locked until the transaction ends. */
export async function lockGeneration(tx: SqlClient, recordingId: string): Promise<number | null> {
  const { rows } = await tx.query('SELECT generation FROM recording WHERE recording_id = $1 FOR UPDATE', [recordingId]);
  return rows[0]?.generation ?? null;
}

export interface StoredFile {
  path: string;
  sealedKey: string;
  segmentSizeBytes: number;
  storedSizeBytes: number;
  sizeBytes: number;
  sha256: string;
  format: RecordingAvailable['format'];
}

/** Makes a stored file the recording’s readable generation and gives the event that says so. */
export async function storeGeneration(
  tx: SqlClient,
  job: TaskOfJob,
  offered: OfferedRecording,
  file: StoredFile,
  nowMs: number,
): Promise<RecordingAvailable> {
  const generation = 1;
  await tx.query(
    `INSERT INTO recording_generation (recording_id, generation, tenant_id, path, sealed_key, segment_size_bytes,
       stored_size_bytes, size_bytes, sha256, format, stored_at_ms)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      offered.recordingId,
      generation,
      job.tenantId,
      file.path,
      file.sealedKey,
      file.segmentSizeBytes,
      file.storedSizeBytes,
      file.sizeBytes,
      file.sha256,
      JSON.stringify(file.format),
      nowMs,
    ],
  );
  await tx.query('UPDATE recording SET generation = $2, last_code = NULL, last_reason = NULL WHERE recording_id = $1', [
    offered.recordingId,
    generation,
  ]);
  return eventOf(job, offered, file, { generation, storedAtMs: nowMs });
}

function eventOf(
  job: Pick<ImportJob, 'acdId' | 'taskId' | 'tenantId'>,
  { recordingId, captured }: Pick<OfferedRecording, 'recordingId' | 'captured'>,
  file: Omit<StoredFile, 'sealedKey'>,
  version: Pick<RecordingAvailable, 'generation' | 'revision' | 'storedAtMs'>,
): RecordingAvailable {
  return {
    tenantId: job.tenantId,
    acdId: job.acdId,
    taskId: job.taskId,
    recordingId,
    ...version,
    leg: LEGS[captured.leg],
    isSegment: captured.isSegment,
    startedAtMs: captured.startedAtMs,
    endedAtMs: captured.endedAtMs,
    format: file.format,
    channelRoles: captured.channelRoles,
    participantAgentIds: captured.participants.filter(isAgentId),
    sha256: file.sha256,
    sizeBytes: file.sizeBytes,
    storage: {
      path: file.path,
      sizeBytes: file.storedSizeBytes,
      encryption: 'tink-aes256-gcm-hkdf',
      segmentSizeBytes: file.segmentSizeBytes,
    },
  };
}

/** Records why a recording could not be had this time. */
export async function recordFailure(
  sql: SqlClient,
  failure: { recordingId: string; code: string; reason: string },
): Promise<void> {
  await sql.query(
    'UPDATE recording SET attempts = attempts + 1, last_code = $2, last_reason = $3 WHERE recording_id = $1',
    [failure.recordingId, failure.code, failure.reason],
  );
}

/** The sealed key of one generation and whose it is; undefined when there is none or it was destroyed. */
export async function findSealedKey(
  sql: SqlClient,
  key: { recordingId: string; generation: number },
): Promise<{ sealedKey: string; tenantId: string } | undefined> {
  const { rows } = await sql.query(
    'SELECT sealed_key, tenant_id FROM recording_generation WHERE recording_id = $1 AND generation = $2 AND sealed_key IS NOT NULL',
    [key.recordingId, key.generation],
  );
  return rows[0] && { sealedKey: rows[0].sealed_key, tenantId: rows[0].tenant_id };
}
