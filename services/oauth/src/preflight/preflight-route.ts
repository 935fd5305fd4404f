import { Problem } from '@wxcc-wfo/contracts';
import { type App, inTransaction, problem, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import type { Acd } from '../acds/acd.ts';
import { readAcd } from '../acds/acd-route.ts';
import { AcdParams } from '../acds/acd-view.ts';
import { appendAudit } from '../audit/audit-repository.ts';
import type { Wiring } from '../wiring.ts';
import { gatherFacts } from './gather-facts.ts';
import { type Confirmation, confirmationOf, judgeFacts, subjectOf, summaryOf } from './preflight-policy.ts';
import {
  findPreflight,
  listConfirmations,
  type StoredPreflight,
  storeConfirmation,
  storePreflight,
} from './preflight-repository.ts';
import { ConfirmCheck, PreflightReport } from './preflight-schema.ts';

const errors = { '4xx': Problem, '5xx': Problem };
const iso = (ms: number) => new Date(ms).toISOString();

/** Preflight of an ACD: the guide’s prerequisites as one list of pass, fail, and cannot be checked (ACD-07). */
export function preflightRoutes(app: App, wiring: Wiring): void {
  app.post(
    '/v1/acds/:acdId/preflight',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Check every prerequisite of an ACD',
        description:
          'Asks Webex with the ACD’s own token what it may ask, a few requests out of the client’s budget, for 20 s at most. A question without an answer makes its check `cannot-be-checked`, not the whole fail.',
        tags: ['preflight'],
        params: AcdParams,
        response: { 200: PreflightReport, ...errors },
      },
    },
    async (request) => {
      const acd = await readAcd(wiring, request.params.acdId, requireTenant(request));
      const results = judgeFacts(await gatherFacts(wiring, acd));
      const run = { ranAtMs: wiring.clock.nowMs(), ranBy: request.caller.subject, results };
      await storePreflight(wiring.pool, acd, run);
      return shown(acd, run, await confirmationsOf(wiring, acd));
    },
  );

  app.get(
    '/v1/acds/:acdId/preflight',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'The last preflight of an ACD',
        description: 'As it was found then; what was confirmed since is in it. 404 where none was run yet.',
        tags: ['preflight'],
        params: AcdParams,
        response: { 200: PreflightReport, ...errors },
      },
    },
    async (request) => {
      const acd = await readAcd(wiring, request.params.acdId, requireTenant(request));
      return shown(acd, await lastOf(wiring, acd), await confirmationsOf(wiring, acd));
    },
  );

  app.post(
    '/v1/acds/:acdId/preflight/confirmations',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Confirm what cannot be checked',
        description:
          'Only for a check whose last outcome is `cannot-be-checked`. It counts for the ACD’s account and organization as they are now.',
        tags: ['preflight'],
        params: AcdParams,
        body: ConfirmCheck,
        response: { 200: PreflightReport, ...errors },
      },
    },
    async (request) => {
      const acd = await readAcd(wiring, request.params.acdId, requireTenant(request));
      const { check, note } = request.body;
      const last = await lastOf(wiring, acd);
      requireOpen(last, check);
      await wiring.clock.synchronize();
      const confirmation = {
        check,
        note,
        about: subjectOf(acd),
        confirmedBy: request.caller.subject,
        confirmedAtMs: wiring.clock.nowMs(),
      };
      await confirm(wiring, acd, confirmation);
      return shown(acd, last, await confirmationsOf(wiring, acd));
    },
  );
}

async function confirm(wiring: Wiring, acd: Acd, confirmation: Confirmation): Promise<void> {
  await inTransaction(wiring.pool, async (tx) => {
    await storeConfirmation(tx, acd, confirmation);
    await appendAudit(tx, {
      tenantId: acd.tenantId,
      acdId: acd.acdId,
      subject: confirmation.confirmedBy,
      action: 'preflight-check-confirmed',
      changes: [
        { field: 'check', before: null, after: confirmation.check },
        { field: 'note', before: null, after: confirmation.note },
        { field: 'about', before: null, after: confirmation.about },
      ],
      occurredAtMs: confirmation.confirmedAtMs,
    });
  });
}

const confirmationsOf = ({ pool }: Wiring, { acdId, tenantId }: Acd) =>
  readAsTenant(pool, { tenantId }, (sql) => listConfirmations(sql, acdId));

async function lastOf({ pool }: Wiring, { acdId, tenantId }: Acd): Promise<StoredPreflight> {
  const last = await readAsTenant(pool, { tenantId }, (sql) => findPreflight(sql, acdId));
  if (last) return last;
  throw problem({
    status: 404,
    code: 'not-found',
    title: 'There is no preflight of this ACD yet',
    detail: `No preflight of ACD ${acdId} was run.`,
    remedy: `Run one with POST /v1/acds/${acdId}/preflight.`,
  });
}

function requireOpen(last: StoredPreflight, check: string): void {
  const result = last.results.find((one) => one.check === check);
  if (result?.outcome === 'cannot-be-checked') return;
  throw problem({
    status: 409,
    code: 'conflict',
    title: 'There is nothing to confirm',
    detail: result
      ? `The outcome of “${check}” is ${result.outcome}: ${result.evidence}`
      : `The last preflight has no check “${check}”.`,
    field: 'check',
    remedy: result?.next ?? 'Run the preflight again and confirm what cannot be checked.',
  });
}

function shown(acd: Acd, run: StoredPreflight, confirmations: readonly Confirmation[]): PreflightReport {
  const about = subjectOf(acd);
  const checks = run.results.map((result) => {
    const confirmed = confirmationOf(result, confirmations, about);
    return {
      ...result,
      confirmedBy: confirmed?.confirmedBy ?? null,
      confirmedAt: confirmed ? iso(confirmed.confirmedAtMs) : null,
      note: confirmed?.note ?? null,
    };
  });
  const summary = summaryOf(checks.map(({ outcome, confirmedBy }) => ({ outcome, isConfirmed: confirmedBy !== null })));
  return { acdId: acd.acdId, ranAt: iso(run.ranAtMs), ranBy: run.ranBy, summary, checks };
}
