import { appendEvents, type OutgoingEvent } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { type Acd, toAcdChanged } from '../acds/acd.ts';
import { findAcd } from '../acds/acd-repository.ts';
import { appendAudit, changesBetween } from '../audit/audit-repository.ts';
import { resolveDataServers, type ServingDataServers } from './data-server-policy.ts';
import { listDataServers, listServedAcds } from './data-server-repository.ts';

const isSame = (a: ServingDataServers, b: ServingDataServers) => changesBetween(a, b).length === 0;

/**
 * Gives every ACD of the tenant what follows from its data servers and assignments as they are now: a new revision, an
 * event and an audit entry for each ACD for which something changes. The caller holds the tenant's exclusive lock.
 * Gives the ids of those ACDs.
 */
export async function serveAcds(
  tx: SqlClient,
  o: { tenantId: string; subject: string; nowMs: number },
): Promise<string[]> {
  const [servers, acds] = [await listDataServers(tx, o.tenantId), await listServedAcds(tx, o.tenantId)];
  const moved = acds
    .map(({ acdId, assigned, serving }) => ({ acdId, serving, next: resolveDataServers(servers, assigned) }))
    .filter(({ serving, next }) => !isSame(serving, next))
    // In the order of the ids, so that two transactions lock them in the same order.
    .sort((a, b) => (a.acdId < b.acdId ? -1 : 1));
  const events: OutgoingEvent[] = [];
  for (const { acdId, next } of moved) {
    const acd = await findAcd(tx, acdId, true);
    if (!acd || acd.deleted) continue;
    events.push({ topic: TOPICS.acdChanged, payload: toAcdChanged(await serveAcd(tx, acd, { next, ...o })) });
  }
  if (events.length > 0) await appendEvents(tx, events);
  return events.map(({ payload }) => payload.acdId);
}

async function serveAcd(
  tx: SqlClient,
  acd: Acd,
  o: { next: ServingDataServers; subject: string; nowMs: number },
): Promise<Acd> {
  const changed = { ...acd, dataServers: o.next, revision: acd.revision + 1, changedAtMs: o.nowMs };
  await tx.query('UPDATE acd SET data_servers = $2, revision = $3, changed_at_ms = $4 WHERE acd_id = $1', [
    acd.acdId,
    JSON.stringify(o.next),
    changed.revision,
    o.nowMs,
  ]);
  await appendAudit(tx, {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    subject: o.subject,
    action: 'data-servers-changed',
    changes: changesBetween(acd.dataServers, o.next).map((one) => ({ ...one, field: `dataServers.${one.field}` })),
    occurredAtMs: o.nowMs,
  });
  return changed;
}
