// Draws the secrets of a deployment and writes them as variables into the .env file that is named, or prints them; the
// operator’s key is among them.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
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
const [file] = process.argv.slice(2);
if (file === undefined) console.log(lines.join('\n'));
else writeOnce(file, `${lines.join('\n')}\n`);

/** Readable by its owner only, and never over another one: with new keys a deployment can’t read what it has stored. */
function writeOnce(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 });
    console.log(`The secrets are in ${path}.`);
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST';
    console.error(
      isThere
        ? `${path} is there already. A deployment whose keys are replaced can’t read what it has stored: keep the file, or move it away for a new deployment.`
        : `${path} can’t be written: ${(error as Error).message}`,
    );
    process.exitCode = 1;
  }
}
