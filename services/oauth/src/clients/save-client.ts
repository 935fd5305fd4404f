import { randomUUID } from 'node:crypto';
import {
  inTransaction,
  type ProblemError,
  problem,
  requireIfMatch,
  type SqlClient,
  sqlState,
} from '@wxcc-wfo/service-kit';
import { appendAudit, changesBetween, secretChange } from '../audit/audit-repository.ts';
import { retryWithNewCredentials } from '../tokens/retry-tokens.ts';
import type { Wiring } from '../wiring.ts';
import {
  deleteClient,
  insertClient,
  listUsers,
  lockClient,
  type OAuthClientRecord,
  quotaKeyOf,
  secretBinding,
  updateClient,
} from './client-repository.ts';
import type { CreateClient, PatchClient } from './client-view.ts';

const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';

export interface ClientRequest {
  clientRef: string;
  tenantId: string;
  subject: string;
  ifMatch: string | undefined;
}

/** A new client record with its audit entry. */
export async function createClient(
  wiring: Wiring,
  o: { tenantId: string; subject: string; body: CreateClient },
): Promise<OAuthClientRecord> {
  const { tenantId, subject } = o;
  const { name, clientId, clientSecret } = o.body;
  const clientRef = randomUUID();
  const nowMs = wiring.clock.nowMs();
  const client = {
    clientRef,
    tenantId,
    name,
    webexClientId: clientId,
    sealedSecret: wiring.seals.atRest.seal(clientSecret, secretBinding(clientRef)),
    quotaKey: quotaKeyOf(clientId),
    revision: 1,
    createdAtMs: nowMs,
    changedAtMs: nowMs,
  };
  const changes = [...changesBetween({}, { name, clientId }), secretChange('clientSecret')];
  return await explaining(name, () =>
    inTransaction(wiring.pool, async (tx) => {
      await insertClient(tx, client);
      await audit(tx, { client, subject, action: 'client-created', changes, nowMs });
      return client;
    }),
  );
}

/** A new name or secret. With a new secret, what was refused for the old one is tried at once. */
export async function changeClient(
  wiring: Wiring,
  o: ClientRequest & { body: PatchClient },
): Promise<OAuthClientRecord> {
  const { name, clientSecret } = o.body;
  await wiring.clock.synchronize();
  return await explaining(name ?? '', () =>
    inTransaction(wiring.pool, async (tx) => {
      const before = await lockMeant(tx, o);
      const changes = [
        ...changesBetween({ name: before.name }, { name: name ?? before.name }),
        ...(clientSecret === undefined ? [] : [secretChange('clientSecret')]),
      ];
      if (changes.length === 0) return before;
      const nowMs = wiring.clock.nowMs();
      const client = { ...before, name: name ?? before.name, revision: before.revision + 1, changedAtMs: nowMs };
      if (clientSecret !== undefined) {
        client.sealedSecret = wiring.seals.atRest.seal(clientSecret, secretBinding(client.clientRef));
        await retryWithNewCredentials(tx, { clientRef: client.clientRef, nowMs }, wiring.retryRules);
      }
      await updateClient(tx, client);
      await audit(tx, { client, subject: o.subject, action: 'client-changed', changes, nowMs });
      return client;
    }),
  );
}

/** Deletes a client record that no ACD uses. @throws ProblemError 409 that names the ACDs */
export async function removeClient(wiring: Wiring, o: ClientRequest): Promise<void> {
  await wiring.clock.synchronize();
  await inTransaction(wiring.pool, async (tx) => {
    const client = await lockMeant(tx, o);
    const users = await listUsers(tx, o.clientRef);
    if (users.length > 0) throw inUse(client, users);
    await deleteClient(tx, o.clientRef);
    const { name, webexClientId: clientId } = client;
    const changes = [...changesBetween({ name, clientId }, {}), secretChange('clientSecret', 'removed')];
    await audit(tx, { client, subject: o.subject, action: 'client-deleted', changes, nowMs: wiring.clock.nowMs() });
  }).catch((error: unknown) => {
    throw sqlState(error) === FOREIGN_KEY_VIOLATION ? usedMeanwhile(o.clientRef) : error;
  });
}

async function lockMeant(tx: SqlClient, o: ClientRequest): Promise<OAuthClientRecord> {
  const client = await lockClient(tx, o);
  if (!client) throw noSuchClient(o.clientRef);
  const { revision, name } = client;
  requireIfMatch(o.ifMatch, { revision, what: `The client ${name}`, readBy: `GET /v1/clients/${o.clientRef}` });
  return client;
}

async function audit(
  tx: SqlClient,
  o: {
    client: OAuthClientRecord;
    subject: string;
    action: string;
    changes: ReturnType<typeof changesBetween>;
    nowMs: number;
  },
): Promise<void> {
  const { tenantId, clientRef } = o.client;
  const { subject, action, changes, nowMs: occurredAtMs } = o;
  await appendAudit(tx, { tenantId, acdId: null, clientRef, subject, action, changes, occurredAtMs });
}

async function explaining<T>(name: string, save: () => Promise<T>): Promise<T> {
  try {
    return await save();
  } catch (error) {
    if (sqlState(error) !== UNIQUE_VIOLATION) throw error;
    throw problem({
      status: 409,
      code: 'conflict',
      title: 'Such a client exists already',
      detail: `The tenant has a client named ${name}.`,
      field: 'name',
      remedy: 'Choose another name.',
    });
  }
}

function inUse(client: OAuthClientRecord, users: { acdId: string; name: string }[]): ProblemError {
  const named = users.map(({ acdId, name }) => `${name} (${acdId})`).join(', ');
  return problem({
    status: 409,
    code: 'conflict',
    title: 'ACDs use this client',
    detail: `${client.name} holds the credentials of ${users.length === 1 ? 'this ACD' : 'these ACDs'}: ${named}.`,
    field: 'clientRef',
    remedy: 'Give these ACDs another client, or delete them, first.',
  });
}

const usedMeanwhile = (clientRef: string): ProblemError =>
  problem({
    status: 409,
    code: 'conflict',
    title: 'ACDs use this client',
    detail: `An ACD was given the client ${clientRef} at the same moment.`,
    field: 'clientRef',
    remedy: 'List the ACDs with GET /v1/acds, and try again.',
  });

/** There is no such client for the caller. */
export function noSuchClient(clientRef: string): ProblemError {
  return problem({
    status: 404,
    code: 'not-found',
    title: 'There is no such client',
    detail: `No client ${clientRef} exists for this tenant.`,
    remedy: 'List the clients with GET /v1/clients.',
  });
}
