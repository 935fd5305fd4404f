import { randomUUID } from 'node:crypto';
import { findAcd } from '@wxcc-wfo/acd';
import { Problem } from '@wxcc-wfo/contracts';
import { type App, type Clock, inTransaction, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { appendAudit } from '../audit/audit-repository.ts';
import { decodeCursor, isIntegerAndId, isNumberAndId, PageQuery, pageOf, pageQuery } from '../listing/cursor.ts';
import { conflict, notFound } from '../listing/refusals.ts';
import { KINDS } from '../reconcile/decision.ts';
import { listChanges } from './change-repository.ts';
import { makeRunDue } from './lease-repository.ts';
import { findRun, listRuns, lockRuns, moveRun, queueRun, type SyncRun } from './run-repository.ts';
import { CHANGES, ChangePage, changesTable, changeView, RunPage, RunView, runView } from './run-view.ts';

export interface RunRouteDeps {
  pool: Pool;
  clock: Clock;
  /** Somebody asked for a run, or decided about one. */
  onDue(): void;
}

const errors = { '4xx': Problem, '5xx': Problem };
const AcdParams = Type.Object({ acdId: Type.String({ format: 'uuid', description: 'The ACD connection.' }) });
const RunParams = Type.Object({ runId: Type.String({ format: 'uuid', description: 'The run.' }) });
const AskBody = Type.Object(
  {
    dryRun: Type.Optional(
      Type.Boolean({ default: false, description: 'Read and plan only: shows what a run would change.' }),
    ),
  },
  { additionalProperties: false, description: 'What to do.', examples: [{ dryRun: true }] },
);
const DecisionBody = Type.Object(
  {
    reason: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 1_000,
        pattern: '^[^\\u0000]*$',
        description: 'Why, for the audit trail.',
      }),
    ),
  },
  { additionalProperties: false, description: 'A decision.', examples: [{ reason: 'The site was closed.' }] },
);
const READ = { scope: 'sync:read' };
const WRITE = { scope: 'sync:write' };
const MOST_CHANGES = 1_000;

/** Ask for runs, watch them, see what they change, approve or reject them (SYNC-01, SYNC-06). */
export function runRoutes(app: App, deps: RunRouteDeps): void {
  askRoutes(app, deps);
  readRoutes(app, deps);
  for (const verdict of ['approve', 'reject'] as const) decideRoute(app, deps, verdict);
}

function askRoutes(app: App, deps: RunRouteDeps): void {
  app.post(
    '/v1/acds/:acdId/sync-runs',
    {
      config: WRITE,
      schema: {
        summary: 'Ask for a run',
        description: 'Answers with the run to watch; one that waits for its turn already serves everybody who asks.',
        tags: ['runs'],
        params: AcdParams,
        body: AskBody,
        response: { 202: RunView, ...errors },
      },
    },
    async (request, reply) => {
      const acdId = request.params.acdId.toLowerCase();
      const acd = await readAsTenant(deps.pool, { tenantId: requireTenant(request) }, (sql) => findAcd(sql, acdId));
      if (!acd || acd.deleted) throw notFound('ACD', acdId, 'GET /v1/acds of oauth');
      if (acd.authorization !== 'authorized') {
        throw conflict({
          title: 'The ACD is not authorized',
          detail: `ACD ${acdId} is ${acd.authorization}, so that its directory cannot be read.`,
          remedy: 'Authorize the ACD first.',
        });
      }
      const trigger = request.body.dryRun ? 'dry-run' : 'demand';
      const run = await inTransaction(deps.pool, async (tx) => {
        const requestedAtMs = deps.clock.nowMs();
        const { tenantId } = acd;
        const requestedBy = request.caller.subject;
        // The lease first: runs lock it before their own row, too.
        await makeRunDue(tx, acdId);
        const queued = await queueRun(tx, {
          runId: randomUUID(),
          tenantId,
          acdId,
          trigger,
          requestedBy,
          requestedAtMs,
        });
        if (queued) return queued;
        const waiting = await lockRuns(tx, acdId, ['queued']);
        return waiting.find((one) => (one.trigger === 'dry-run') === (trigger === 'dry-run')) ?? null;
      });
      if (!run) {
        throw conflict({
          title: 'The run just began',
          detail: `A run of ACD ${acdId} that waited for its turn began at this moment.`,
          remedy: 'Ask again.',
        });
      }
      deps.onDue();
      reply.code(202).header('location', `/v1/sync-runs/${run.runId}`);
      return runView(run);
    },
  );
}

function readRoutes(app: App, deps: RunRouteDeps): void {
  const readRun = async (runId: string, tenantId: string): Promise<SyncRun> => {
    const run = await readAsTenant(deps.pool, { tenantId }, (sql) => findRun(sql, runId));
    if (!run) throw notFound('run', runId, 'GET /v1/acds/{acdId}/sync-runs');
    return run;
  };

  app.get(
    '/v1/acds/:acdId/sync-runs',
    {
      config: READ,
      schema: {
        summary: 'List the runs of an ACD',
        description: 'The newest first.',
        tags: ['runs'],
        params: AcdParams,
        querystring: PageQuery,
        response: { 200: RunPage, ...errors },
      },
    },
    async (request) => {
      const acdId = request.params.acdId.toLowerCase();
      const { cursor, limit = 50 } = request.query;
      const place = decodeCursor<[number, string]>(cursor, (place) => place.length === 2 && isNumberAndId(place));
      const before = place && { requestedAtMs: place[0], runId: place[1] };
      const runs = await readAsTenant(deps.pool, { tenantId: requireTenant(request) }, async (sql) => {
        if (!(await findAcd(sql, acdId))) throw notFound('ACD', acdId, 'GET /v1/acds of oauth');
        return await listRuns(sql, { acdId, before, limit: limit + 1 });
      });
      const page = pageOf(runs, limit, (run) => [run.requestedAtMs, run.runId]);
      return { items: page.items.map(runView), nextCursor: page.nextCursor };
    },
  );

  app.get(
    '/v1/sync-runs/:runId',
    {
      config: READ,
      schema: {
        summary: 'Watch a run',
        description: 'Its counts grow while it reads.',
        tags: ['runs'],
        params: RunParams,
        response: { 200: RunView, ...errors },
      },
    },
    async (request) => runView(await readRun(request.params.runId.toLowerCase(), requireTenant(request))),
  );

  app.get(
    '/v1/sync-runs/:runId/changes',
    {
      config: READ,
      schema: {
        summary: 'See what a run changes, or would change',
        description:
          'As JSON, or with `Accept: text/plain` as a table, whose next page is the cursor of the header x-next-cursor. ' +
          'Plans of old runs are not kept.',
        tags: ['runs'],
        produces: ['application/json', 'text/plain'],
        params: RunParams,
        querystring: Type.Object(
          {
            kind: Type.Optional(
              Type.Unsafe<(typeof KINDS)[number]>({
                type: 'string',
                enum: [...KINDS],
                description: 'Only of this kind.',
              }),
            ),
            change: Type.Optional(
              Type.Unsafe<(typeof CHANGES)[number]>({ type: 'string', enum: [...CHANGES], description: 'Only these.' }),
            ),
            ...pageQuery,
            limit: Type.Optional(
              Type.Integer({ minimum: 1, maximum: MOST_CHANGES, default: 200, description: 'At most so many.' }),
            ),
          },
          { additionalProperties: false },
        ),
        response: { 200: ChangePage, ...errors },
      },
    },
    async (request, reply) => {
      const tenantId = requireTenant(request);
      const run = await readRun(request.params.runId.toLowerCase(), tenantId);
      const { kind = null, change = null, cursor, limit = 200 } = request.query;
      const afterSeq = decodeCursor<[number]>(cursor, (place) => place.length === 1 && isIntegerAndId(place))?.[0] ?? 0;
      const found = await readAsTenant(deps.pool, { tenantId }, (sql) =>
        listChanges(sql, { runId: run.runId, kind, change, afterSeq, limit: limit + 1 }),
      );
      const page = pageOf(found, limit, ({ seq }) => [seq]);
      if (wantsText(request.headers.accept)) {
        if (page.nextCursor !== null) reply.header('x-next-cursor', page.nextCursor);
        reply.type('text/plain; charset=utf-8').serializer(String);
        return changesTable(page.items) as never;
      }
      return { items: page.items.map(changeView), nextCursor: page.nextCursor };
    },
  );
}

const wantsText = (accept: string | undefined) =>
  accept?.includes('text/plain') === true && !accept.includes('application/json');

function decideRoute(app: App, deps: RunRouteDeps, verdict: 'approve' | 'reject'): void {
  app.post(
    `/v1/sync-runs/:runId/${verdict}`,
    {
      config: WRITE,
      schema: {
        summary: verdict === 'approve' ? 'Approve a run that waits' : 'Reject a run that waits',
        description:
          verdict === 'approve'
            ? 'The changes that it showed are applied; what people edited since stays.'
            : 'It changes nothing. A later run that finds the same asks again.',
        tags: ['runs'],
        params: RunParams,
        body: DecisionBody,
        response: { [verdict === 'approve' ? 202 : 200]: RunView, ...errors } as unknown as { 200: typeof RunView },
      },
    },
    async (request, reply) => {
      const { reason = null } = request.body;
      const runId = request.params.runId.toLowerCase();
      const run = await decide(deps, {
        tenantId: requireTenant(request),
        runId,
        verdict,
        reason,
        by: request.caller.subject,
      });
      deps.onDue();
      if (verdict === 'approve') reply.code(202 as 200);
      return runView(run);
    },
  );
}

async function decide(
  deps: RunRouteDeps,
  o: { tenantId: string; runId: string; verdict: 'approve' | 'reject'; reason: string | null; by: string },
): Promise<SyncRun> {
  return await inTransaction(deps.pool, async (tx) => {
    const found = await findRun(tx, o.runId);
    if (!found || found.tenantId !== o.tenantId) throw notFound('run', o.runId, 'GET /v1/acds/{acdId}/sync-runs');
    // Before the run's own row, as everywhere. A rejected run asks for nothing.
    if (o.verdict === 'approve') await makeRunDue(tx, found.acdId);
    const waiting = (await lockRuns(tx, found.acdId, ['awaiting-approval'])).find(({ runId }) => runId === o.runId);
    if (!waiting) {
      const now = (await findRun(tx, o.runId))?.state ?? found.state;
      throw conflict({
        title: 'The run does not wait for a decision',
        detail: `Run ${o.runId} is ${now}.`,
        remedy: 'See GET /v1/acds/{acdId}/sync-runs for the run that waits now.',
      });
    }
    const decidedAtMs = deps.clock.nowMs();
    const decision = { decidedBy: o.by, decidedAtMs, decisionReason: o.reason, problem: null };
    const isApproval = o.verdict === 'approve';
    await moveRun(tx, waiting, {
      to: isApproval ? 'applying' : 'rejected',
      fields: isApproval ? decision : { ...decision, endedAtMs: decidedAtMs },
    });
    await appendAudit(tx, {
      tenantId: o.tenantId,
      acdId: waiting.acdId,
      subject: o.by,
      action: isApproval ? 'run-approved' : 'run-rejected',
      target: { kind: 'run', id: o.runId },
      changes: [{ field: 'state', before: 'awaiting-approval', after: isApproval ? 'applying' : 'rejected' }],
      occurredAtMs: decidedAtMs,
    });
    return (await findRun(tx, o.runId))!;
  });
}
