import { appendEvents } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction, requireIfMatch, type SqlClient } from '@wxcc-wfo/service-kit';
import { appendAudit } from '../audit/audit-repository.ts';
import { beginAuthorization, notFound } from '../authorization/authorize.ts';
import type { Wiring } from '../wiring.ts';
import { type Acd, type AuthorizationState, toAcdChanged } from './acd.ts';
import { changesOfAcd } from './acd-audit-policy.ts';
import { explainedConflict, refused, requireConfirmations } from './acd-problems.ts';
import { findAcd, updateAcd } from './acd-repository.ts';
import { judgeChange, refusalsOfTypeChange } from './change-policy.ts';
import { handOverApiKey, quotaKeyOf, type SavedAcd } from './create-acd.ts';
import { dropCredential, storeApiKey } from './credential-repository.ts';
import { type AcdForm, settingsOf } from './form-policy.ts';

export interface AcdRequest {
  acdId: string;
  tenantId: string;
  /** Who asks. */
  subject: string;
  ifMatch: string | undefined;
}

/** An ACD of the tenant, locked, in the version that is meant. @throws ProblemError 404, 428, 412 */
export async function lockMeantAcd(tx: SqlClient, o: AcdRequest): Promise<Acd> {
  const acd = await findAcd(tx, o.acdId, true);
  if (!acd || acd.deleted || acd.tenantId !== o.tenantId) throw notFound(o.acdId);
  const { revision } = acd;
  requireIfMatch(o.ifMatch, { revision, what: `The ACD ${acd.name}`, readBy: `GET /v1/acds/${acd.acdId}` });
  return acd;
}

/**
 * Saves a changed form: settings, event, audit entry and what becomes of the credential, all or nothing. What changes
 * nothing is no change. `formOf` makes the new form out of the ACD as it is under the lock.
 */
export async function changeAcd(
  wiring: Wiring,
  o: AcdRequest & { formOf(acd: Acd): AcdForm; confirm: readonly string[] },
): Promise<SavedAcd> {
  await wiring.clock.synchronize();
  let changed: Change | undefined;
  try {
    const saved = await inTransaction(wiring.pool, async (tx) => {
      const before = await lockMeantAcd(tx, o);
      changed = await changeOf(wiring, tx, { before, form: o.formOf(before), confirm: o.confirm });
      return await store(wiring, tx, { change: changed, subject: o.subject });
    });
    if (changed?.drops) await withdraw(wiring, saved.acd);
    if (changed?.apiKey) await handOverApiKey(wiring, saved.acd, changed.apiKey);
    const { acdId, tenantId, revision } = saved.acd;
    wiring.logger.info({ acdId, tenantId, revision, dropsCredential: changed?.drops }, 'ACD changed');
    return saved;
  } catch (error) {
    throw changed ? await explainedConflict(wiring.pool, error, changed.after) : error;
  }
}

interface Change {
  before: Acd;
  after: Acd;
  /** What was authorized is dropped. */
  drops: boolean;
  apiKey: string | undefined;
}

/** What a form makes of an ACD. @throws ProblemError 422, 409 */
async function changeOf(
  wiring: Wiring,
  tx: SqlClient,
  o: { before: Acd; form: AcdForm; confirm: readonly string[] },
): Promise<Change> {
  const { before, form } = o;
  const { settings, refusals } = settingsOf(form, wiring.mayCall);
  const all = [...refusalsOfTypeChange(before, settings), ...refusals];
  if (all.length > 0) throw refused(all);
  const apiKey = form.apiKey ?? undefined;
  const context = { authorization: before.authorization, bringsApiKey: apiKey !== undefined };
  const { stops, dropsCredential: drops } = judgeChange(before, settings, context);
  requireConfirmations(before, stops, o.confirm);
  const quotaKey = await quotaKeyOf(tx, before.tenantId, settings);
  const authorization: AuthorizationState = apiKey ? 'authorized' : drops ? 'not-authorized' : before.authorization;
  return { before, after: { ...before, ...settings, quotaKey, authorization }, drops, apiKey };
}

async function store(wiring: Wiring, tx: SqlClient, o: { change: Change; subject: string }): Promise<SavedAcd> {
  const { before, drops, apiKey } = o.change;
  const dropsKey = drops && before.apiKey !== null;
  const changes = changesOfAcd(before, o.change.after, apiKey ? 'changed' : dropsKey ? 'removed' : undefined);
  if (changes.length === 0) return { acd: before };
  const nowMs = wiring.clock.nowMs();
  let acd: Acd = { ...o.change.after, revision: before.revision + 1, changedAtMs: nowMs };
  await updateAcd(tx, acd);
  if (drops) {
    const { droppedTokenVersion } = await dropCredential(tx, { acdId: acd.acdId, nowMs });
    acd = { ...acd, apiKey: null, droppedTokenVersion };
  }
  if (apiKey) {
    const version = await storeApiKey(tx, { acd, apiKey, nowMs }, wiring.seals.atRest);
    acd = { ...acd, apiKey: { version, setAtMs: nowMs } };
  }
  await appendEvents(tx, [{ topic: TOPICS.acdChanged, payload: toAcdChanged(acd) }]);
  const { tenantId, acdId } = acd;
  await appendAudit(tx, { tenantId, acdId, subject: o.subject, action: 'acd-changed', changes, occurredAtMs: nowMs });
  if (!drops || acd.clientRef === null) return { acd };
  return { acd, started: await beginAuthorization(wiring, tx, { acd, requestedBy: o.subject }) };
}

/** Takes back at once what lies in the hand-over store; where Redis is away, the withdrawal job comes after. */
export async function withdraw(wiring: Wiring, { acdId }: Acd): Promise<boolean> {
  try {
    const dropped = await findAcd(wiring.pool, acdId);
    await wiring.handover.remove({ acdId, upToVersion: dropped?.droppedTokenVersion ?? 0 });
    return true;
  } catch (error) {
    wiring.logger.warn({ acdId, err: error }, 'a dropped credential is not taken back yet; it will be tried again');
    return false;
  }
}
