import type { RecordingAvailable } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { CapturedRecording } from '@wxcc-wfo/webex';
import type { ImportJob } from '../jobs/job-repository.ts';
import { recordingIdOf } from './recording-identity-policy.ts';

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

/** Stores the metadata of what is offered, before any audio, and says which of it is stored already. */
export async function rememberOffered(
  sql: SqlClient,
  job: ImportJob,
  recordings: CapturedRecording[],
  nowMs: number,
): Promise<OfferedRecording[]> {
  const offered = recordings.map((captured) => ({
    captured,
    recordingId: recordingIdOf({ ...captured, acdId: job.acdId, webexOrgId: job.webexOrgId, taskId: job.taskId }),
  }));
  const { rows } = await sql.query<{ recording_id: string; generation: number | null }>(
    `INSERT INTO recording (recording_id, acd_id, task_id, tenant_id, webex_recording_id, leg, is_segment, started_at_ms,
       ended_at_ms, channel_roles, participants, known_at_ms)
     SELECT DISTINCT ON (recording_id) recording_id, $2::uuid, $3::text, $4::uuid, webex_recording_id, leg, is_segment,
       started_at_ms, ended_at_ms, channel_roles, participants, $12::bigint
     FROM unnest($1::uuid[], $5::text[], $6::text[], $7::boolean[], $8::bigint[], $9::bigint[], $10::jsonb[], $11::jsonb[])
       AS o(recording_id, webex_recording_id, leg, is_segment, started_at_ms, ended_at_ms, channel_roles, participants)
     ORDER BY recording_id
     ON CONFLICT (recording_id) DO UPDATE SET ended_at_ms = excluded.ended_at_ms,
       channel_roles = excluded.channel_roles, participants = excluded.participants
     RETURNING recording_id, generation`,
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
  const generations = new Map(rows.map((row) => [row.recording_id, row.generation]));
  const unique = new Map(offered.map((one) => [one.recordingId, one]));
  return [...unique.values()].map((one) => ({ ...one, generation: generations.get(one.recordingId) ?? null }));
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
  job: ImportJob,
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
  const { captured } = offered;
  return {
    tenantId: job.tenantId,
    acdId: job.acdId,
    taskId: job.taskId,
    recordingId: offered.recordingId,
    generation,
    storedAtMs: nowMs,
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
