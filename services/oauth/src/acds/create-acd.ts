import { randomUUID } from 'node:crypto';
import { appendEvents } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import { inTransaction, type SqlClient } from '@wxcc-wfo/service-kit';
import { appendAudit } from '../audit/audit-repository.ts';
import { beginAuthorization } from '../authorization/authorize.ts';
import { findClient, quotaKeyOfAccount } from '../clients/client-repository.ts';
import { SERVED_BY_DEFAULT } from '../data-servers/data-server-policy.ts';
import { dataServersOf } from '../data-servers/data-server-repository.ts';
import type { Wiring } from '../wiring.ts';
import { type Acd, toAcdChanged } from './acd.ts';
import { changesOfAcd } from './acd-audit-policy.ts';
import { explainedConflict, refused, unknownClient } from './acd-problems.ts';
import { insertAcd } from './acd-repository.ts';
import { API_KEY_EXPIRES_AT_MS, storeApiKey } from './credential-repository.ts';
import { type AcdForm, type AcdSettings, settingsOf } from './form-policy.ts';

export interface SavedAcd {
  acd: Acd;
  /** Where the administrator signs in, where somebody has to. */
  started?: Awaited<ReturnType<typeof beginAuthorization>>;
}

/** A new ACD with its event, its audit entry, and its credential or the request to authorize it: all or nothing. */
export async function createAcd(
  wiring: Wiring,
  o: { tenantId: string; form: AcdForm; subject: string },
): Promise<SavedAcd> {
  const { settings, refusals } = settingsOf(o.form, wiring.mayCall);
  if (refusals.length > 0) throw refused(refusals);
  await wiring.clock.synchronize();
  const quotaKey = await quotaKeyOf(wiring.pool, o.tenantId, settings);
  const draft = newAcd({ tenantId: o.tenantId, settings, quotaKey, nowMs: wiring.clock.nowMs() });
  const apiKey = o.form.apiKey ?? undefined;
  try {
    const saved = await inTransaction(wiring.pool, (tx) => insert(wiring, tx, { draft, apiKey, subject: o.subject }));
    if (apiKey) await handOverApiKey(wiring, saved.acd, apiKey);
    wiring.logger.info({ acdId: draft.acdId, tenantId: draft.tenantId, variant: draft.variant }, 'ACD created');
    return saved;
  } catch (error) {
    throw await explainedConflict(wiring.pool, error, draft);
  }
}

/** The budget that an ACD's requests count for. @throws ProblemError 422 when the tenant has no such client */
export async function quotaKeyOf(sql: SqlClient, tenantId: string, settings: AcdSettings): Promise<string> {
  if (settings.clientRef === null) return quotaKeyOfAccount(settings.username, settings.apiUrl);
  const client = await findClient(sql, { clientRef: settings.clientRef, tenantId });
  if (!client) throw unknownClient();
  return client.quotaKey;
}

/** Where the other services look for credentials; a Redis that is away is no error, the job comes after. */
export async function handOverApiKey(wiring: Wiring, acd: Acd, apiKey: string): Promise<void> {
  if (!acd.apiKey) return;
  const { version } = acd.apiKey;
  await wiring.handOver({ acdId: acd.acdId, version, accessToken: apiKey, expiresAtMs: API_KEY_EXPIRES_AT_MS });
}

function newAcd(o: { tenantId: string; settings: AcdSettings; quotaKey: string; nowMs: number }): Acd {
  return {
    acdId: randomUUID(),
    tenantId: o.tenantId,
    ...o.settings,
    quotaKey: o.quotaKey,
    revision: 1,
    dataServers: SERVED_BY_DEFAULT,
    authorization: 'not-authorized',
    deleted: false,
    apiKey: null,
    droppedTokenVersion: 0,
    createdAtMs: o.nowMs,
    changedAtMs: o.nowMs,
  };
}

async function insert(
  wiring: Wiring,
  tx: SqlClient,
  o: { draft: Acd; apiKey: string | undefined; subject: string },
): Promise<SavedAcd> {
  const { draft, apiKey, subject } = o;
  const nowMs = draft.createdAtMs;
  const dataServers = await dataServersOf(tx, draft.tenantId, draft.acdId);
  const credential = apiKey && ({ authorization: 'authorized', apiKey: { version: 1, setAtMs: nowMs } } as const);
  const acd: Acd = { ...draft, dataServers, ...credential };
  await insertAcd(tx, acd);
  if (apiKey) await storeApiKey(tx, { acd: draft, apiKey, nowMs }, wiring.seals.atRest);
  await appendEvents(tx, [{ topic: TOPICS.acdChanged, payload: toAcdChanged(acd) }]);
  await appendAudit(tx, {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    subject,
    action: 'acd-created',
    changes: changesOfAcd(undefined, acd, apiKey ? 'changed' : undefined),
    occurredAtMs: nowMs,
  });
  if (acd.clientRef === null) return { acd };
  return { acd, started: await beginAuthorization(wiring, tx, { acd, requestedBy: subject }) };
}
