import { whyNotServed } from '@wxcc-wfo/acd';
import { problemSchema } from '@wxcc-wfo/contracts';
import { type App, type Clock, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { type CaptureState, readCaptureState } from './capture-state-repository.ts';
import { CaptureStateBody, type CaptureStateName } from './capture-state-schema.ts';

/** GET /v1/acds/{acdId}/capture: how capturing of one ACD goes, and what to do if it does not. */
export async function captureStateRoute(app: App, deps: { pool: Pool; clock: Clock }): Promise<void> {
  app.get(
    '/v1/acds/:acdId/capture',
    {
      config: { scope: 'capture:read' },
      schema: {
        summary: 'How capturing of an ACD goes',
        description:
          'The first place to look when tasks are missing: what hinders capture, how far the time is read, which windows have gaps, which tasks were refused, and why the last poll failed.',
        tags: ['capture'],
        params: Type.Object({ acdId: Type.String({ format: 'uuid', description: 'The ACD.' }) }),
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

function hindranceOf(acdId: string, state: CaptureState): CaptureStateBody['hindrance'] {
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
