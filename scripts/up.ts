// `npm run up`: servers and services for one's own tenant, or for any stand-in that the environment names.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { startServers } from '@wxcc-wfo/testkit';
import { ROOT } from './stack/services.ts';
import { startStack, type WebexEnvironment } from './stack/start-stack.ts';

const WEBEX_VARIABLES = [
  'WEBEX_AUTHORIZE_URL',
  'WEBEX_TOKEN_URL',
  'WEBEX_PEOPLE_ME_URL',
  'WEBEX_ALLOWED_HOSTS',
  'WEBEX_ALLOWED_FILE_HOSTS',
  'WEBEX_ALLOW_PRIVATE_ADDRESSES',
  'WEBEX_REQUESTS_PER_MINUTE',
  'WEBEX_EXPECTED_PROCESSES',
  'WEBHOOK_PUBLIC_BASE',
  'CAPTURE_WEBHOOK_PUBLIC_BASE',
  'MEDIA_IMPORT_WEBHOOK_PUBLIC_BASE',
] as const;
/** Passed on to every service where they are set. */
const PASSED_ON =
  /^(OTEL_|LOG_LEVEL$|POLL_INTERVAL_MS$|OVERLAP_MS$|INITIAL_LOOKBACK_MS$|IMPORT_|REFUSAL_CONFIRM_SECONDS$|SUBSCRIPTION_|SYNC_|OAUTH_REDIRECT_URL$|WEBEX_SCOPES$|WEBEX_PKCE$)/;

const dataFolder = process.env.WFO_DATA_FOLDER ?? `${ROOT}/.data/up`;
if (process.argv.includes('--fresh')) rmSync(dataFolder, { recursive: true, force: true });
mkdirSync(dataFolder, { recursive: true });
const say = (line: string) => console.log(`· ${line}`);

const stopping = new Promise<string>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve(signal));
});

const webex: WebexEnvironment = {};
for (const name of WEBEX_VARIABLES) if (process.env[name]) webex[name] = process.env[name];
const environment = Object.fromEntries(
  Object.entries(process.env).filter((entry): entry is [string, string] => PASSED_ON.test(entry[0]) && !!entry[1]),
);

say('starting Kafka, PostgreSQL and Redis');
const servers = await startServers({ dataFolder: `${dataFolder}/servers`, keepData: true, onProgress: say });
try {
  const replicas = Number(process.env.WFO_REPLICAS ?? 1);
  const stack = await startStack({ dataFolder, servers, webex, environment, replicas, onProgress: say });
  const file = `${dataFolder}/addresses.json`;
  const addresses = {
    operatorKey: stack.secrets.operator.key,
    tenantId: stack.secrets.tenantId,
    services: Object.fromEntries(
      stack.services.map((service) => [service.name, { url: service.url, pid: service.pid() }]),
    ),
    servers: {
      kafkaBrokers: servers.kafkaBrokers,
      redisUrl: servers.redisUrl,
      postgresAdminUrl: servers.postgresAdminUrl,
    },
    mediaFolder: stack.mediaFolder,
  };
  writeFileSync(file, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
  console.log('\nThe bridge is up.');
  for (const service of stack.services)
    console.log(`  ${service.name.padEnd(14)} ${service.url}   API: ${service.url}/docs`);
  console.log(`  Kafka          ${servers.kafkaBrokers.join(',')}`);
  console.log(`  PostgreSQL     ${new URL(servers.postgresAdminUrl).host}`);
  console.log(`  Redis          ${new URL(servers.redisUrl).host}`);
  console.log(`  operator’s key ${stack.secrets.operator.key}`);
  console.log(`  all of it in   ${file}\n\nCtrl-C stops it; the data stays. \`npm run up -- --fresh\` begins anew.`);
  await stopping;
  say('stopping');
  await stack.stop();
} finally {
  await servers.stop();
}
process.exit(0);
