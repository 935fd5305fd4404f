import type { ContactSegmented } from '@wxcc-wfo/contracts';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import { startWatchdog, uniqueName } from '@wxcc-wfo/testkit';
import { Kafka, logLevel } from 'kafkajs';
import { isCompared } from '../../scripts/demo/check-contacts.ts';
import { connectAcd } from '../../scripts/demo/connect-acd.ts';
import { PUBLIC_BASE, startSimulator } from '../../scripts/demo/start-simulator.ts';
import { drawPorts } from '../../scripts/stack/start-stack.ts';
import { startBenchStack } from '../bench-stack.ts';
import { type Benchmark, type BenchmarkOptions, type Measurement, quantile } from '../measurement.ts';

const POLL_MS = 10_000;
const MOST_MS = 2_000;
const ENDED_PER_SECOND = 2;
/** What ended before the ACD was connected and subscribed is backlog. */
const SETTLE_MS = 3_000;

/** From the moment at which a call's end is visible until its contact is on its topic, without backlog. */
export const latencyBench: Benchmark = {
  name: 'latency',
  async run(options) {
    return [await measure(options, true), await measure(options, false)];
  },
};

async function measure(o: BenchmarkOptions, webhooks: boolean): Promise<Measurement> {
  const mode = webhooks ? 'with webhooks' : 'without webhooks';
  const seconds = o.quick ? 30 : 90;
  const latencies = await latenciesOf(`${o.folder}/${webhooks ? 'webhooks' : 'polls'}`, { webhooks, seconds });
  const p95Ms = quantile(latencies, 0.95);
  o.say(
    `${mode}: ${latencies.length} calls, median ${quantile(latencies, 0.5).toFixed(0)} ms, p95 ${p95Ms.toFixed(0)} ms`,
  );
  const mostMs = webhooks ? MOST_MS : POLL_MS + MOST_MS;
  return {
    name: `latency, end visible → contact, ${mode}`,
    figure: `p95 ${(p95Ms / 1000).toFixed(2)} s`,
    target: webhooks ? '≤ 2 s' : `≤ one poll (${POLL_MS / 1000} s) + 2 s`,
    passed: latencies.length > 0 && p95Ms <= mostMs,
  };
}

async function latenciesOf(folder: string, o: { webhooks: boolean; seconds: number }): Promise<number[]> {
  const watchdog = startWatchdog();
  const ports = await drawPorts();
  // More than are measured: some end while everything starts.
  const tasks = ENDED_PER_SECOND * (o.seconds + 60);
  const simulator = await startSimulator({
    dataFolder: folder,
    watchdog,
    environment: {
      SIM_SEED: '7',
      SIM_TASKS: String(tasks),
      SIM_SPEED: String(ENDED_PER_SECOND),
      SIM_RESOLVE: `${PUBLIC_BASE}=http://127.0.0.1:${ports.capture}`,
    },
  });
  try {
    const stack = await startBenchStack({
      folder,
      ports,
      webex: {
        WEBEX_AUTHORIZE_URL: `${simulator.baseUrl}/v1/authorize`,
        WEBEX_TOKEN_URL: `${simulator.baseUrl}/v1/access_token`,
        WEBEX_PEOPLE_ME_URL: `${simulator.baseUrl}/v1/people/me`,
        WEBEX_ALLOWED_HOSTS: new URL(simulator.baseUrl).host,
        WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
        ...(o.webhooks ? { CAPTURE_WEBHOOK_PUBLIC_BASE: PUBLIC_BASE } : {}),
      },
      environment: { POLL_INTERVAL_MS: String(POLL_MS) },
    });
    try {
      const arrivals = await watchArrivals(stack.servers.kafkaBrokers);
      await connectAcd(stack, simulator);
      const fromMs = Date.now() + SETTLE_MS;
      const toMs = fromMs + o.seconds * 1000;
      await until(toMs + (o.webhooks ? MOST_MS : POLL_MS + MOST_MS) + SETTLE_MS);
      const answer = await fetch(`${simulator.controlUrl}/control/ground-truth`);
      const { tasks: truth } = (await answer.json()) as { tasks: TaskGroundTruth[] };
      await arrivals.stop();
      return truth
        .filter((task) => isCompared(task) && task.contacts.length > 0)
        .filter(({ endedMs }) => endedMs >= fromMs && endedMs < toMs)
        .map(({ taskId, endedMs }) => (arrivals.atMs.get(taskId) ?? Number.POSITIVE_INFINITY) - endedMs);
    } finally {
      await stack.close();
    }
  } finally {
    await simulator.process.stop('SIGTERM', 3_000);
    await watchdog.close();
  }
}

const until = (atMs: number) => new Promise((resolve) => setTimeout(resolve, Math.max(0, atMs - Date.now())));

/** When the first contact of each task was there for a consumer. */
async function watchArrivals(brokers: string[]): Promise<{ atMs: Map<string, number>; stop(): Promise<void> }> {
  const kafka = new Kafka({ brokers, clientId: 'bench', logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: uniqueName('bench'), maxWaitTimeInMs: 100 });
  const atMs = new Map<string, number>();
  await consumer.connect();
  await consumer.subscribe({ topic: TOPICS.contactSegmented, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { taskId } = JSON.parse(message.value!.toString()) as ContactSegmented;
      if (!atMs.has(taskId)) atMs.set(taskId, Date.now());
    },
  });
  return { atMs, stop: () => consumer.disconnect() };
}
