import { createSimulatorControl } from '@wxcc-wfo/simulator';
import { startWatchdog, waitFor } from '@wxcc-wfo/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { createWebexClient } from '../../libs/webex/src/index.ts';
import { callService, connectAcd } from '../../scripts/demo/connect-acd.ts';
import { startSimulator } from '../../scripts/demo/start-simulator.ts';
import { type BenchStack, residentMemory, startBenchStack } from '../bench-stack.ts';
import { type Benchmark, type BenchmarkOptions, type Measurement, median } from '../measurement.ts';

const OWN_SECONDS = 20;
const MEMORY_MB = 200;
const FIRST_RUN_MS = 600_000;
const PATIENCE_MS = 180_000;
const WHOLE = { users: 50_000, teams: 2_000, queues: 5_000 };
const QUICK = { users: 10_000, teams: 400, queues: 1_000 };
const DIRECTORY_TOPICS = ['user-changed', 'team-changed', 'queue-changed'];

interface Run {
  runId: string;
  state: string;
  durationSeconds: number;
  plannedChanges: number;
  counts: Record<string, { seen: number; added: number; unchanged: number }>;
}

/** A directory of the order's size, read again when nothing in it changed. */
export const syncBench: Benchmark = {
  name: 'sync',
  async run(o) {
    const watchdog = startWatchdog();
    const simulator = await startSimulator({
      dataFolder: o.folder,
      watchdog,
      environment: { SIM_TASKS: '0', SIM_QUOTA_PER_MINUTE: '10000000' },
    });
    const stack = await startBenchStack({
      folder: o.folder,
      webex: {
        WEBEX_AUTHORIZE_URL: `${simulator.baseUrl}/v1/authorize`,
        WEBEX_TOKEN_URL: `${simulator.baseUrl}/v1/access_token`,
        WEBEX_PEOPLE_ME_URL: `${simulator.baseUrl}/v1/people/me`,
        WEBEX_ALLOWED_HOSTS: new URL(simulator.baseUrl).host,
        WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
        WEBEX_REQUESTS_PER_MINUTE: '10000000',
      },
    });
    try {
      await createSimulatorControl(simulator.controlUrl).generate(o.quick ? QUICK : WHOLE);
      return await measure(o, { stack, simulator });
    } finally {
      await stack.close();
      await simulator.process.stop('SIGTERM', 3_000);
      await watchdog.close();
    }
  },
};

type Simulator = Awaited<ReturnType<typeof startSimulator>>;

async function measure(
  o: BenchmarkOptions,
  { stack, simulator }: { stack: BenchStack; simulator: Simulator },
): Promise<Measurement[]> {
  const acdId = await connectAcd(stack, simulator);
  const path = `${stack.url('sync')}/v1/acds/${acdId}/sync-runs`;
  const first = await settled(
    stack,
    FIRST_RUN_MS,
    async () => (await callService<{ items: Run[] }>(stack, path)).items[0],
  );
  const size = ['user', 'team', 'queue'].map((kind) => `${first.counts[kind]?.seen} ${kind}s`).join(', ');
  o.say(`the first run added ${size} in ${first.durationSeconds} s`);
  const pid = stack.services.find(({ service }) => service === 'sync')!.pid()!;
  const afterFirst = residentMemory(pid);
  const own: number[] = [];
  const whole: number[] = [];
  const before = await recordsOn(stack);
  for (let round = 0; round < (o.quick ? 2 : 3); round++) {
    const asked = await callService<Run>(stack, path, { body: {} });
    const again = await settled(stack, PATIENCE_MS, () =>
      callService<Run>(stack, `${stack.url('sync')}/v1/sync-runs/${asked.runId}`),
    );
    if (again.plannedChanges !== 0) throw new Error(`An unchanged run planned ${again.plannedChanges} changes.`);
    const apiSeconds = await listEverything(simulator);
    whole.push(again.durationSeconds);
    own.push(again.durationSeconds - apiSeconds);
    o.say(`unchanged: ${again.durationSeconds} s, of which the API ${apiSeconds.toFixed(1)} s`);
  }
  const published = (await recordsOn(stack)) - before;
  const { peakMb } = residentMemory(pid);
  return [
    {
      name: `sync, unchanged run of ${size}`,
      figure: `${median(own).toFixed(1)} s of its own (${median(whole).toFixed(1)} s in all)`,
      target: `≤ ${OWN_SECONDS} s beside the API’s`,
      passed: median(own) <= OWN_SECONDS,
    },
    {
      name: 'sync, published by unchanged runs',
      figure: `${published} events`,
      target: 'none',
      passed: published === 0,
    },
    {
      name: 'sync, highest resident memory',
      figure: `${peakMb.toFixed(0)} MB (${afterFirst.peakMb.toFixed(0)} MB in the first run)`,
      target: `≤ ${MEMORY_MB} MB`,
      passed: peakMb <= MEMORY_MB,
    },
  ];
}

async function settled(stack: BenchStack, timeoutMs: number, read: () => Promise<Run | undefined>): Promise<Run> {
  const run = await waitFor(
    'the run to end',
    async () => {
      const now = await read().catch(() => undefined); // the ACD is there within seconds
      return now && !['queued', 'reading', 'planned', 'applying'].includes(now.state) ? now : undefined;
    },
    { timeoutMs, intervalMs: 200 },
  );
  if (run.state !== 'done') throw new Error(`A run of ${stack.url('sync')} ended ${run.state}.`);
  return run;
}

/** The same questions with nothing done about the answers, from this process. */
async function listEverything(simulator: Simulator): Promise<number> {
  const client = createWebexClient({
    endpoints: {
      apiUrl: simulator.baseUrl,
      allowedHosts: [new URL(simulator.baseUrl).host],
      allowPrivateAddresses: true,
    },
    quota: { acquire: async () => ({ sendByMs: Number.POSITIVE_INFINITY }), penalise: async () => undefined },
    quotaKey: 'floor',
    kind: 'sync',
    orgId: simulator.orgId,
    getAccessToken: () => accessToken(simulator),
  });
  const startedMs = performance.now();
  const listings: AsyncIterable<unknown[]>[] = [
    client.listTeams(),
    client.listQueues(),
    client.listSites(),
    client.listEntryPoints(),
    client.listAuxiliaryCodes(),
    client.listUsers(),
  ];
  for (const pages of listings) for await (const _page of pages);
  return (performance.now() - startedMs) / 1000;
}

let token: Promise<string> | undefined;

/** A token of the floor's own, through the code flow. */
function accessToken(simulator: Simulator): Promise<string> {
  token ??= signInAsFloor(simulator);
  return token;
}

async function signInAsFloor(simulator: Simulator): Promise<string> {
  const redirectUri = 'https://bridge.example.com/callback';
  const question = new URLSearchParams({
    response_type: 'code',
    client_id: simulator.clientId,
    redirect_uri: redirectUri,
    scope: 'cjp:config_read',
    state: 'floor',
  });
  const { headers } = await fetch(`${simulator.baseUrl}/v1/authorize?${question}`, { redirect: 'manual' });
  const code = new URL(headers.get('location') ?? '').searchParams.get('code') ?? '';
  const answer = await fetch(`${simulator.baseUrl}/v1/access_token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: simulator.clientId,
      client_secret: simulator.clientSecret,
      code,
      redirect_uri: redirectUri,
    }),
  });
  return ((await answer.json()) as { access_token: string }).access_token;
}

/** How many records the directory's topics hold, the markers of transactions included. */
async function recordsOn(stack: BenchStack): Promise<number> {
  const kafka = new Kafka({ brokers: stack.servers.kafkaBrokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  const admin = kafka.admin();
  await admin.connect();
  try {
    const offsets = await Promise.all(DIRECTORY_TOPICS.map((topic) => admin.fetchTopicOffsets(topic)));
    return offsets.flat().reduce((sum, { high }) => sum + Number(high), 0);
  } finally {
    await admin.disconnect();
  }
}
