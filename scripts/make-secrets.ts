// Draws the secrets of a deployment and prints them as variables for an .env file; the operator’s key is among them.
import { randomBytes } from 'node:crypto';
import { apiKeyEntries, drawSecrets } from './stack/deployment-secrets.ts';
import { SERVICE_NAMES } from './stack/services.ts';

const secrets = drawSecrets();
const variable = (name: string) => name.toUpperCase().replaceAll('-', '_');
const lines = [
  'COMPOSE_PROJECT_NAME=wxcc-wfo-bridge',
  `# Whose data it is: the WFO tenant of the operator’s key.`,
  `WFO_TENANT_ID=${secrets.tenantId}`,
  `OPERATOR_API_KEY=${secrets.operator.key}`,
  `API_KEYS='${apiKeyEntries(secrets)}'`,
  `INTERNAL_API_KEY=${secrets.internal.key}`,
  `HANDOVER_KEYS=${secrets.handoverKeys}`,
  `LINK_SIGNING_KEY=${secrets.linkSigningKey}`,
  `POSTGRES_PASSWORD=${randomBytes(18).toString('base64url')}`,
  ...SERVICE_NAMES.map((name) => `${variable(name)}_DATABASE_PASSWORD=${secrets.databasePasswords[name]}`),
  ...SERVICE_NAMES.map((name) => `${variable(name)}_SEALING_KEYS=${secrets.sealingKeys[name]}`),
];
console.log(lines.join('\n'));
