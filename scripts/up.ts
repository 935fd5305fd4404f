// `npm run up`: servers and services for one's own tenant, or for any stand-in that the environment names.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type RunningServers, removeServerData, startServers } from '@wxcc-wfo/testkit';
import { runUntilStopped, SERVICE_STOP } from './stack/run-until-stopped.ts';
import { passOn } from './stack/service-variables.ts';
import { ROOT } from './stack/services.ts';
import { type Stack, startStack, type WebexEnvironment } from './stack/start-stack.ts';

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
const MOST_REPLICAS = 10;

const dataFolder = resolve(process.env.WFO_DATA_FOLDER ?? `${ROOT}/.data/up`);
const addressesFile = `${dataFolder}/addresses.json`;
const say = (line: string) => console.log(`· ${line}`);

function replicasWanted(): number {
  const text = process.env.WFO_REPLICAS || '1';
  const replicas = Number(text);
  if (Number.isInteger(replicas) && replicas >= 1 && replicas <= MOST_REPLICAS) return replicas;
  throw new Error(
    `WFO_REPLICAS is "${text}". Set it to the number of processes per service, 1 to ${MOST_REPLICAS}, or leave it out.`,
  );
}

/** Renamed into place, so that nobody reads half of it; readable by its owner only, since the key is in it. */
function writeAddresses(stack: Stack, servers: RunningServers): void {
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
  const partial = `${addressesFile}.${process.pid}`;
  writeFileSync(partial, `${JSON.stringify(addresses, null, 2)}\n`, { mode: 0o600 });
  renameSync(partial, addressesFile);
}

function printAddresses(stack: Stack, servers: RunningServers): void {
  console.log('\nThe bridge is up.');
  for (const service of stack.services)
    console.log(`  ${service.name.padEnd(14)} ${service.url}   API: ${service.url}/docs`);
  console.log(`  Kafka          ${servers.kafkaBrokers.join(',')}`);
  console.log(`  PostgreSQL     ${new URL(servers.postgresAdminUrl).host}`);
  console.log(`  Redis          ${new URL(servers.redisUrl).host}`);
  console.log(`  operator’s key ${stack.secrets.operator.key}`);
  const inContainers = Object.values(servers.kind).includes('testcontainers');
  const data = inContainers ? 'and the data of the servers, which run in containers, end with it' : 'the data stays';
  console.log(`  all of it in   ${addressesFile}\n`);
  console.log(`Ctrl-C stops it; ${data}. \`npm run up -- --fresh\` begins anew.`);
}

await runUntilStopped(async ({ signal, watchdog, onStop, interrupted }) => {
  const replicas = replicasWanted();
  const { environment, unused } = await passOn(process.env);
  if (unused.length > 0) say(`not used, because they are drawn per process or kept in the data: ${unused.join(', ')}`);
  const webex: WebexEnvironment = {};
  for (const name of WEBEX_VARIABLES) if (process.env[name]) webex[name] = process.env[name];
  if (process.argv.includes('--fresh')) {
    removeServerData(`${dataFolder}/servers`);
    rmSync(dataFolder, { recursive: true, force: true });
  }
  mkdirSync(dataFolder, { recursive: true });
  // What a killed run left would send others to addresses where nobody is.
  rmSync(addressesFile, { force: true });

  say('starting Kafka, PostgreSQL and Redis');
  const serverOptions = { dataFolder: `${dataFolder}/servers`, keepData: true };
  const servers = await startServers({ ...serverOptions, onProgress: say, signal, watchdog });
  onStop(() => servers.stop());
  const stack = await startStack({
    dataFolder,
    servers,
    webex,
    topicPrefix: process.env.KAFKA_TOPIC_PREFIX ?? '',
    environment: { SHUTDOWN_DEADLINE_MS: String(SERVICE_STOP.deadlineMs), ...environment },
    replicas,
    signal,
    watchdog,
    stopGraceMs: SERVICE_STOP.graceMs,
    onProgress: say,
    onCrash: (line) => say(`${line}. The others go on; stop it and start it again to have all.`),
  });
  onStop(() => stack.stop());
  onStop(() => rmSync(addressesFile, { force: true }));
  writeAddresses(stack, servers);
  printAddresses(stack, servers);
  await interrupted;
  say('stopping');
  return 0;
});
