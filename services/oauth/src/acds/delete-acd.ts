import { appendEvents } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction } from '@wxcc-wfo/service-kit';
import { appendAudit } from '../audit/audit-repository.ts';
import type { Wiring } from '../wiring.ts';
import { type Acd, toAcdChanged } from './acd.ts';
import { changesOfAcd } from './acd-audit-policy.ts';
import { updateAcd } from './acd-repository.ts';
import { type AcdRequest, lockMeantAcd, withdraw } from './change-acd.ts';
import { dropCredential } from './credential-repository.ts';
import { type Remainder, remaindersOf } from './deletion-policy.ts';

/**
 * Deletes an ACD for ever: its credentials go now, all work for it stops everywhere, name and organization are free
 * again. The row stays, without them, so that the deletion lasts (ACD-05).
 */
export async function deleteAcd(wiring: Wiring, o: AcdRequest): Promise<{ acd: Acd; remains: Remainder[] }> {
  await wiring.clock.synchronize();
  const deleted = await inTransaction(wiring.pool, async (tx) => {
    const before = await lockMeantAcd(tx, o);
    const nowMs = wiring.clock.nowMs();
    const dropped = await dropCredential(tx, { acdId: before.acdId, nowMs });
    const acd: Acd = {
      ...before,
      deleted: true,
      authorization: 'not-authorized',
      apiKey: null,
      revision: before.revision + 1,
      changedAtMs: nowMs,
    };
    await updateAcd(tx, acd);
    await appendEvents(tx, [{ topic: TOPICS.acdChanged, payload: toAcdChanged(acd) }]);
    await appendAudit(tx, {
      tenantId: acd.tenantId,
      acdId: acd.acdId,
      subject: o.subject,
      action: 'acd-deleted',
      changes: changesOfAcd(before, undefined, before.apiKey ? 'removed' : undefined),
      occurredAtMs: nowMs,
    });
    return { before, acd, dropped };
  });
  wiring.logger.info({ acdId: deleted.acd.acdId, tenantId: deleted.acd.tenantId }, 'ACD deleted');
  const withdrawn = await withdraw(wiring, deleted.acd);
  return { acd: deleted.acd, remains: remaindersOf({ ...deleted, withdrawn }) };
}
