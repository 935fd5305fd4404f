import { whyNotServed } from '@wxcc-wfo/acd';
import { Nullable, problemSchema } from '@wxcc-wfo/contracts';
import { type App, type Clock, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { type Static, Type } from 'typebox';
import { type CaptureState, readCaptureState } from './capture-state-repository.ts';

const Instant = Type.String({ format: 'date-time', description: 'UTC, ISO 8601.' });

const STATES = [
  'deleted',
  'not-available',
  'switched-off',
  'not-authorized',
  'starting',
  'failing',
  'gaps',
  'running',
] as const;
type CaptureStateName = (typeof STATES)[number];

const CaptureStateBody = Type.Object({
  acdId: Type.String({ format: 'uuid' }),
  state: Type.Unsafe<CaptureStateName>({
    type: 'string',
    enum: [...STATES],
    description:
      'not-available: this release does not capture its connection variant. switched-off: on its data server, nobody captures it. failing: the last poll failed. gaps: some time is not yet proven to be read whole.',
  }),
  hindrance: Nullable(
    Type.Object({
      reason: Type.String({ description: 'Why nothing is captured.' }),
      remedy: Type.String({ description: 'What to do about it.' }),
    }),
    'What keeps it from being captured as it is configured now; null: nothing. What fails is in lastError.',
  ),
  dataServer: Nullable(Type.String({ description: 'Whose workers capture it; null: it is switched off.' })),
  lastPollAt: Nullable(Instant),
  lastSuccessAt: Nullable(Instant),
  lagSeconds: Nullable(Type.Number({ description: 'How far behind now the ledger of read time ends.' })),
  windows: Type.Object({
    from: Nullable(Instant),
    to: Nullable(Instant),
    accepted: Type.Integer(),
    gaps: Type.Array(
      Type.Object({
        from: Instant,
        to: Instant,
        expectedTasks: Nullable(Type.Integer()),
        seenTasks: Nullable(Type.Integer()),
        attempts: Type.Integer(),
      }),
    ),
  }),
  tasks: Type.Integer({ description: 'Ended tasks that are stored.' }),
  openHints: Type.Integer({ description: 'Webhooks whose task is not read yet.' }),
  refusedTasks: Type.Array(
    Type.Object({ taskId: Type.String(), reasons: Type.Array(Type.String()), readings: Type.Integer() }),
  ),
  webhook: Nullable(
    Type.Object({
      state: Type.String(),
      checkedAt: Instant,
      lastEventAt: Nullable(Instant),
      lastError: Nullable(Type.String()),
    }),
  ),
  lastError: Nullable(
    Type.Object({
      code: Type.String(),
      detail: Type.String(),
      remedy: Type.String(),
      at: Instant,
      since: Instant,
    }),
  ),
});

/** GET /v1/acds/{acdId}/capture: how capturing of one ACD goes, and what to do if it does not. */
export async function captureStateRoute(app: App, deps: { pool: Pool; clock: Clock }): Promise<void> {
  app.get(
    '/v1/acds/:acdId/capture',
    {
      config: { scope: 'capture:read' },
      schema: {
        summary: 'How capturing of an ACD goes',
        tags: ['capture'],
        params: Type.Object({ acdId: Type.String({ format: 'uuid' }) }),
        response: { 200: CaptureStateBody, 404: problemSchema },
      },
    },
    async (request) => {
      const acdId = request.params.acdId.toLowerCase();
      const tenant = { tenantId: requireTenant(request) };
      const state = await readAsTenant(deps.pool, tenant, (tx) => readCaptureState(tx, acdId));
      if (!state) {
        const remedy = 'Check the id. An ACD that was just created is here within seconds.';
        throw problem({ status: 404, code: 'not-found', detail: `There is no ACD ${acdId}.`, field: 'acdId', remedy });
      }
      return toBody(acdId, state, deps.clock.nowMs());
    },
  );
}

const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString());
const isoOf = (atMs: number) => new Date(atMs).toISOString();

function toBody(acdId: string, state: CaptureState, nowMs: number) {
  const { problem: last, webhook } = state;
  return {
    acdId,
    state: nameState(state),
    hindrance: hindranceOf(acdId, state),
    dataServer: state.dataServer,
    lastPollAt: iso(state.lastPollAtMs),
    lastSuccessAt: iso(state.lastSuccessAtMs),
    lagSeconds: state.readToMs === null ? null : (nowMs - state.readToMs) / 1000,
    windows: {
      from: iso(state.readFromMs),
      to: iso(state.readToMs),
      accepted: state.acceptedWindows,
      gaps: state.gaps.map((gap) => ({
        from: isoOf(gap.startMs),
        to: isoOf(gap.endMs),
        expectedTasks: gap.expectedCount,
        seenTasks: gap.seenCount,
        attempts: gap.attempts,
      })),
    },
    tasks: state.tasks,
    openHints: state.openHints,
    refusedTasks: state.refusedTasks,
    webhook: webhook && {
      state: webhook.state,
      checkedAt: isoOf(webhook.checkedAtMs),
      lastEventAt: iso(webhook.lastEventAtMs),
      lastError: webhook.lastError,
    },
    lastError: last && {
      code: last.code,
      detail: last.detail,
      remedy: last.remedy,
      at: isoOf(last.atMs),
      since: isoOf(last.sinceMs),
    },
  };
}

function nameState(state: CaptureState): CaptureStateName {
  if (state.deleted) return 'deleted';
  if (whyNotServed('capture', state.variant)) return 'not-available';
  if (state.dataServer === null) return 'switched-off';
  if (state.authorization !== 'authorized') return 'not-authorized';
  if (state.problem) return 'failing';
  if (state.lastSuccessAtMs === null) return 'starting';
  return state.gaps.length > 0 ? 'gaps' : 'running';
}

function hindranceOf(acdId: string, state: CaptureState): Static<typeof CaptureStateBody>['hindrance'] {
  const name = nameState(state);
  if (name === 'not-available') {
    const { reason, remedy } = whyNotServed('capture', state.variant)!;
    return { reason, remedy };
  }
  return HINDRANCES[name]?.(acdId) ?? null;
}

const HINDRANCES: Partial<Record<CaptureStateName, (acdId: string) => { reason: string; remedy: string }>> = {
  deleted: () => ({
    reason: 'The ACD was deleted.',
    remedy: 'Create it anew with POST /v1/acds of oauth, if it is to be captured again.',
  }),
  'switched-off': (acdId) => ({
    reason: 'The role capture is switched off on its data server.',
    remedy: `Switch it on with PATCH /v1/data-servers/{id} of oauth, or assign the ACD elsewhere with PUT /v1/acds/${acdId}/data-servers.`,
  }),
  'not-authorized': (acdId) => ({
    reason: 'The ACD is not authorized, or no longer.',
    remedy: `GET /v1/acds/${acdId}/health of oauth says since when and why; POST /v1/acds/${acdId}/authorization-requests gives the address to sign in at.`,
  }),
};
