import type { FastifyInstance } from 'fastify';
import { ApiError } from '../gateway/errors.ts';
import { READ_SCOPES } from '../gateway/gateway.ts';
import type { RecordingModel } from '../story/task-model.ts';
import type { Tenant } from '../tenant.ts';
import { signDownload } from './signing.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const MAX_TASKS = 10;
const MAX_MINUTES = 60;

interface CapturesQuery {
  orgId?: string;
  urlExpiration?: number;
  taskIds?: unknown;
  includeSegments?: boolean;
}

/** Lists the recordings of up to ten tasks with signed download addresses. */
export function capturesRoutes(app: FastifyInstance, tenant: Tenant): void {
  const config = { kind: 'captures', errors: 'data', scopes: READ_SCOPES } as const;
  app.post<{ Body: { query?: CapturesQuery } | undefined }>(
    '/v1/captures/query',
    { config: { ...config, scopes: READ_SCOPES } },
    async (request) => {
      const query = request.body?.query;
      if (query === undefined || query === null) throw new ApiError(400, 'query is required.');
      const minutes = query.urlExpiration ?? MAX_MINUTES;
      if (!Number.isInteger(minutes) || minutes < 1) throw new ApiError(400, 'urlExpiration should be greater than 0');
      if (minutes > MAX_MINUTES) throw new ApiError(400, `urlExpiration should not be greater than ${MAX_MINUTES}`);
      if (query.orgId !== undefined && query.orgId !== tenant.options.orgId) {
        throw new ApiError(403, 'Forbidden From Accessing Resources');
      }
      const taskIds = checkTaskIds(query.taskIds);
      const expiresMs = tenant.now() + minutes * 60_000;
      return {
        meta: { orgId: tenant.options.orgId, urlExpiration: minutes },
        data: taskIds.map((taskId) => ({
          taskId,
          recording: recordingsOf(tenant, taskId, query.includeSegments === true).map((recording) =>
            describe(tenant, recording, expiresMs),
          ),
          transcription: [],
        })),
      };
    },
  );
}

function checkTaskIds(value: unknown): string[] {
  if (!Array.isArray(value) || value.length === 0) throw new ApiError(400, 'taskIds is required.');
  if (value.length > MAX_TASKS) throw new ApiError(400, `taskIds should not have more than ${MAX_TASKS} entries`);
  for (const id of value) {
    if (typeof id !== 'string' || !UUID.test(id))
      throw new ApiError(400, `taskIds has ${JSON.stringify(id)}, which is no UUID`);
  }
  if (new Set(value).size !== value.length) throw new ApiError(400, 'taskIds should be unique');
  return value as string[];
}

function recordingsOf(tenant: Tenant, taskId: string, segments: boolean): RecordingModel[] {
  const task = tenant.story.task(taskId);
  if (task === undefined) return [];
  const nowMs = tenant.now();
  return task.recordings.filter((one) => nowMs >= one.availableMs && (segments || !one.segment));
}

function describe(tenant: Tenant, recording: RecordingModel, expiresMs: number): unknown {
  const path = `/storage/${tenant.options.orgId}/${recording.id}/${recording.fileName}`;
  const agents = [...new Set(recording.agents.map((agent) => agent.ciUserId))];
  const customer = tenant.story.task(recording.taskId)?.origin ?? '';
  return {
    id: recording.id,
    segment: recording.segment,
    attributes: {
      fileName: recording.fileName,
      filePath: signDownload(tenant.storageKey, tenant.baseUrl(), path, expiresMs),
      startTime: recording.startMs,
      stopTime: recording.stopMs,
      participants: recording.callType === 'consult' ? agents : [...agents, masked(customer)],
      channel1: recording.callType === 'consult' ? 'Agent' : 'Caller',
      channel2: 'Agent',
      callType: recording.callType,
    },
  };
}

/** The tenant shows a customer's number by its two ends only. */
function masked(number: string): string {
  return number.length < 9 ? '****' : `${number.slice(0, 4)}****${number.slice(-4)}`;
}
