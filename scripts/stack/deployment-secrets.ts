import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { newApiKey, newSealingKey } from '@wxcc-wfo/service-kit';
import { SERVICE_NAMES, type ServiceName } from './services.ts';

interface ApiKey {
  key: string;
  sha256: string;
}

/** Secrets of a local deployment: drawn once, kept in the data folder, readable by its owner only. */
export interface DeploymentSecrets {
  /** Sets its database and its topics apart where several deployments share servers; for those that ask for it. */
  name: string;
  tenantId: string;
  databasePasswords: Record<ServiceName, string>;
  sealingKeys: Record<ServiceName, string>;
  handoverKeys: string;
  linkSigningKey: string;
  operator: ApiKey;
  internal: ApiKey;
}

/** New secrets. The keys themselves are seen by their owners only; services get hashes. */
export function drawSecrets(): DeploymentSecrets {
  const perService = (draw: () => string) =>
    Object.fromEntries(SERVICE_NAMES.map((name) => [name, draw()])) as Record<ServiceName, string>;
  return {
    name: `wfo_${randomBytes(4).toString('hex')}`,
    tenantId: randomUUID(),
    databasePasswords: perService(() => randomBytes(18).toString('base64url')),
    sealingKeys: perService(() => `k1:${newSealingKey()}`),
    handoverKeys: `k1:${newSealingKey()}`,
    linkSigningKey: newSealingKey(),
    operator: newApiKey('operator'),
    internal: newApiKey('internal'),
  };
}

/** The secrets in `file`, drawn and written first if there are none. */
export function loadDeploymentSecrets(file: string): DeploymentSecrets {
  const kept = keptSecrets(file);
  const isWhole = SERVICE_NAMES.every((name) => kept?.databasePasswords[name] && kept.sealingKeys[name]);
  if (kept?.name && isWhole) return kept;
  const secrets = kept ? completed(kept) : drawSecrets();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  return secrets;
}

/** The secrets in `file`, if there are any. */
export function keptSecrets(file: string): DeploymentSecrets | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as DeploymentSecrets) : undefined;
}

/** The secrets of a deployment that is older than some of the services: theirs are drawn, the others stay. */
function completed(kept: DeploymentSecrets): DeploymentSecrets {
  const { name, databasePasswords, sealingKeys } = drawSecrets();
  return {
    ...kept,
    name: kept.name || name,
    databasePasswords: { ...databasePasswords, ...kept.databasePasswords },
    sealingKeys: { ...sealingKeys, ...kept.sealingKeys },
  };
}

/** What every service is told about keys: hashes only. The operator has one tenant, siblings have none. */
export function apiKeyEntries(secrets: DeploymentSecrets): string {
  return JSON.stringify([
    { id: 'operator', sha256: secrets.operator.sha256, scopes: ['*'], tenantId: secrets.tenantId },
    {
      id: 'internal',
      sha256: secrets.internal.sha256,
      scopes: ['recording-keys:read', 'events:read', 'metrics:read'],
      tenantId: null,
    },
  ]);
}
