import { mkdirSync, rmSync } from 'node:fs';
import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import { type RunningServers, removeServerData, startServers } from '@wxcc-wfo/testkit';
import { keptSecrets, loadDeploymentSecrets } from '../stack/deployment-secrets.ts';
import { dropDeployment } from '../stack/drop-deployment.ts';
import { type Ending, SERVICE_STOP } from '../stack/run-until-stopped.ts';
import { drawPorts, type Stack, startStack } from '../stack/start-stack.ts';
import { connectAcd } from './connect-acd.ts';
import type { DemoOptions } from './demo-options.ts';
import { tellFirstSync } from './first-sync.ts';
import { tellPreflight } from './preflight.ts';
import { MEDIA_PUBLIC_BASE, PUBLIC_BASE, startSimulator } from './start-simulator.ts';
import { collectTraces, type TraceCollector } from './trace-collector.ts';
import { type EventWatch, watchEvents } from './watch-events.ts';

/** Everything that runs in the demo. */
export interface Demo {
  dataFolder: string;
  servers: RunningServers;
  stack: Stack;
  traces: TraceCollector;
  watch: EventWatch;
  topicPrefix: string;
  databaseName: string;
  /** What the simulated tenant knows about its tasks. */
  groundTruth(): Promise<TaskGroundTruth[]>;
}

/** Starts servers, simulated tenant and services, and connects the ACD; each is stopped by `ending`. */
export async function startDemo(ending: Ending, options: DemoOptions, say: (line: string) => void): Promise<Demo> {
  const { dataFolder } = options;
  const { signal, watchdog, onStop, unlessInterrupted } = ending;
  const secretsFile = `${dataFolder}/secrets.json`;
  const abandoned = options.fresh ? keptSecrets(secretsFile)?.name : undefined;
  if (options.fresh) {
    removeServerData(`${dataFolder}/servers`);
    rmSync(dataFolder, { recursive: true, force: true });
  }
  mkdirSync(dataFolder, { recursive: true });
  say('starting Kafka, PostgreSQL and Redis (real ones)');
  const serverOptions = { dataFolder: `${dataFolder}/servers`, keepData: true };
  const servers = await startServers({ ...serverOptions, onProgress: say, signal, watchdog });
  onStop(() => servers.stop());
  say(
    `servers are up (Kafka: ${servers.kind.kafka}, PostgreSQL: ${servers.kind.postgres}, Redis: ${servers.kind.redis})`,
  );
  if (abandoned && Object.values(servers.kind).includes('environment')) {
    await unlessInterrupted(dropDeployment(servers, separate(abandoned)));
  }
  const own = separate(loadDeploymentSecrets(secretsFile).name);
  const traces = await collectTraces();
  onStop(() => traces.close());
  const ports = await drawPorts();
  const simulator = await startSimulator({
    dataFolder,
    watchdog,
    signal,
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
  onStop(() => simulator.process.stop('SIGTERM', 2_000));
  say(`the simulated Webex tenant answers at ${simulator.baseUrl}`);
  const stack = await startStack({
    dataFolder,
    servers,
    ports,
    ...own,
    signal,
    watchdog,
    stopGraceMs: SERVICE_STOP.graceMs,
    webex: {
      WEBEX_AUTHORIZE_URL: `${simulator.baseUrl}/v1/authorize`,
      WEBEX_TOKEN_URL: `${simulator.baseUrl}/v1/access_token`,
      WEBEX_PEOPLE_ME_URL: `${simulator.baseUrl}/v1/people/me`,
      WEBEX_ALLOWED_HOSTS: new URL(simulator.baseUrl).host,
      WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
      CAPTURE_WEBHOOK_PUBLIC_BASE: PUBLIC_BASE,
      MEDIA_IMPORT_WEBHOOK_PUBLIC_BASE: MEDIA_PUBLIC_BASE,
    },
    environment: {
      OTEL_EXPORTER_OTLP_ENDPOINT: traces.url,
      OTEL_BSP_SCHEDULE_DELAY: '300',
      POLL_INTERVAL_MS: '3000',
      SHUTDOWN_DEADLINE_MS: String(SERVICE_STOP.deadlineMs),
    },
    onProgress: say,
    onCrash: say,
  });
  onStop(() => stack.stop());
  say('all services are ready');
  const acdId = await unlessInterrupted(connectAcd(stack, simulator));
  const watch = await unlessInterrupted(
    watchEvents({ brokers: servers.kafkaBrokers, topicPrefix: own.topicPrefix, acdId }),
  );
  onStop(() => watch.stop());
  say('the ACD is connected and authorized through the OAuth code flow');
  say(await unlessInterrupted(tellFirstSync(stack, acdId)));
  say(await unlessInterrupted(tellPreflight(stack, acdId)));
  const groundTruth = async () => {
    const answer = await fetch(`${simulator.controlUrl}/control/ground-truth`);
    return ((await answer.json()) as { tasks: TaskGroundTruth[] }).tasks;
  };
  return { dataFolder, servers, stack, traces, watch, ...own, groundTruth };
}

/** Demos of several data folders may share servers with each other and with a deployment. */
function separate(name: string): { databaseName: string; topicPrefix: string } {
  return { databaseName: name, topicPrefix: `${name}.` };
}
