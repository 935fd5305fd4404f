// `npm run demo`: a simulated tenant ends calls, and the bridge turns them into contacts that can be listened to.
import { mkdirSync, rmSync } from 'node:fs';
import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import { type RunningServers, startServers, startWatchdog, waitFor } from '@wxcc-wfo/testkit';
import { drawPorts, type Stack, startStack } from '../stack/start-stack.ts';
import { isCompared } from './check-contacts.ts';
import { connectAcd } from './connect-acd.ts';
import { readDemoOptions } from './demo-options.ts';
import { tellFirstSync } from './first-sync.ts';
import { tellPreflight } from './preflight.ts';
import { type Progress, reportProgress } from './progress.ts';
import { printResults } from './results.ts';
import { runCheck } from './run-check.ts';
import { MEDIA_PUBLIC_BASE, PUBLIC_BASE, type SimulatorAddresses, startSimulator } from './start-simulator.ts';
import { collectTraces, type TraceCollector } from './trace-collector.ts';
import { type EventWatch, watchEvents } from './watch-events.ts';

const startedMs = Date.now();
const options = readDemoOptions(process.argv.slice(2));
const { dataFolder } = options;
const say = (line: string) => console.log(`· ${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${line}`);

const stopping = new Promise<'stopped'>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => resolve('stopped'));
});

let servers: RunningServers | undefined;
let stack: Stack | undefined;
let simulator: SimulatorAddresses | undefined;
let traces: TraceCollector | undefined;
let watch: EventWatch | undefined;
let progress: Progress | undefined;
const watchdog = startWatchdog();

async function groundTruth(): Promise<TaskGroundTruth[]> {
  const answer = await fetch(`${simulator!.controlUrl}/control/ground-truth`);
  return ((await answer.json()) as { tasks: TaskGroundTruth[] }).tasks;
}

async function start(): Promise<void> {
  if (options.fresh) rmSync(dataFolder, { recursive: true, force: true });
  mkdirSync(dataFolder, { recursive: true });
  say('starting Kafka, PostgreSQL and Redis (real ones)');
  servers = await startServers({ dataFolder: `${dataFolder}/servers`, keepData: true, onProgress: say });
  say(
    `servers are up (Kafka: ${servers.kind.kafka}, PostgreSQL: ${servers.kind.postgres}, Redis: ${servers.kind.redis})`,
  );
  traces = await collectTraces();
  const ports = await drawPorts();
  simulator = await startSimulator({
    dataFolder,
    watchdog,
    environment: {
      SIM_SEED: options.seed,
      SIM_TASKS: String(options.tasks),
      SIM_SPEED: String(options.speed),
      SIM_TALK_SCALE: String(options.talkScale),
      SIM_CONSULT_RECORDINGS: 'true',
      SIM_QUOTA_PER_MINUTE: '300',
      SIM_RESOLVE: `${PUBLIC_BASE}=http://127.0.0.1:${ports.capture},${MEDIA_PUBLIC_BASE}=http://127.0.0.1:${ports['media-import']}`,
    },
  });
  say(`the simulated Webex tenant answers at ${simulator.baseUrl}`);
  stack = await startStack({
    dataFolder,
    servers,
    ports,
    webex: {
      WEBEX_AUTHORIZE_URL: `${simulator.baseUrl}/v1/authorize`,
      WEBEX_TOKEN_URL: `${simulator.baseUrl}/v1/access_token`,
      WEBEX_PEOPLE_ME_URL: `${simulator.baseUrl}/v1/people/me`,
      WEBEX_ALLOWED_HOSTS: new URL(simulator.baseUrl).host,
      WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
      CAPTURE_WEBHOOK_PUBLIC_BASE: PUBLIC_BASE,
      MEDIA_IMPORT_WEBHOOK_PUBLIC_BASE: MEDIA_PUBLIC_BASE,
    },
    environment: { OTEL_EXPORTER_OTLP_ENDPOINT: traces.url, OTEL_BSP_SCHEDULE_DELAY: '300', POLL_INTERVAL_MS: '3000' },
    onProgress: say,
  });
  say('all services are ready');
  watch = await watchEvents({ brokers: servers.kafkaBrokers });
  const acdId = await connectAcd(stack, simulator);
  say('the ACD is connected and authorized through the OAuth code flow');
  say(await tellFirstSync(stack, acdId));
  say(await tellPreflight(stack, acdId));
}

/** Waits until every ended call has its contacts with their audio, or the time is up; the difference is shown after. */
async function untilSettled(): Promise<'settled' | 'late'> {
  const voice = (await groundTruth()).filter(isCompared);
  const contacts = voice.reduce((sum, task) => sum + task.contacts.length, 0);
  const arrived = () => {
    const ids = new Set(voice.map((task) => task.taskId));
    const mine = [...watch!.contacts.values()].filter((contact) => ids.has(contact.taskId) && !contact.superseded);
    const audible = mine.filter((contact) => contact.audio.state !== 'file-not-yet-uploaded').length;
    return mine.length >= contacts && audible >= contacts;
  };
  try {
    await waitFor('every contact to arrive', arrived, { timeoutMs: options.patienceMs, intervalMs: 100 });
    return 'settled';
  } catch {
    return 'late';
  }
}

async function run(): Promise<number> {
  await start();
  progress = reportProgress({ watch: watch!, groundTruth, live: process.stdout.isTTY });
  if (options.speed > 0) {
    await waitFor(
      'the day to end',
      async () => (await groundTruth()).filter((task) => task.ended).length >= options.tasks,
      {
        timeoutMs: (options.tasks / options.speed) * 1000 + 60_000,
        intervalMs: 500,
      },
    );
  }
  const settled = await untilSettled();
  progress.stop();
  say(settled === 'settled' ? 'every contact is there' : 'not every contact arrived in time; see below');
  await printResults({ stack: stack!, watch: watch!, traces: traces!, truth: await groundTruth() });
  if (options.check) return runCheck({ stack: stack!, watch: watch!, truth: await groundTruth(), seed: options.seed });
  console.log('\nIt goes on running. Ctrl-C stops everything.');
  await stopping;
  return 0;
}

async function stopAll(): Promise<void> {
  progress?.stop();
  await watch?.stop().catch(() => undefined);
  await Promise.all([stack?.stop(), simulator?.process.stop('SIGTERM', 3_000)]);
  await traces?.close();
  await servers?.stop();
  await watchdog.close();
}

let exitCode = 1;
try {
  const ended = await Promise.race([run(), stopping]);
  exitCode = ended === 'stopped' ? 0 : ended;
} catch (error) {
  console.error(`\n${(error as Error).message}`);
}
await stopAll();
process.exit(exitCode);
