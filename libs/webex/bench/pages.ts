/**
 * Pages of ended tasks per second, read and decoded by the client, against fetch + JSON.parse of the same pages, both
 * from a server of its own process. Run: node libs/webex/bench/pages.ts
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { createWebexClient, type WebexClient } from '../src/index.ts';

export interface PagesResult {
  pagesPerSecond: number;
  floorPagesPerSecond: number;
  /** Median of the rounds' ratios, product against floor. */
  ratio: number;
  pageBytes: number;
}

const START_MS = Date.UTC(2026, 10, 20);
const WINDOW = { startMs: START_MS, endMs: START_MS + 86_400_000 };
const WARM_UP = 3;
const ORG_ID = '97cdbf45-ebe2-4687-8341-44d5c7abf101';

export async function run(o: { rounds: number }): Promise<PagesResult> {
  const server = fork(fileURLToPath(new URL('page-server.ts', import.meta.url)));
  try {
    const [{ port, pages, bytes }] = (await once(server, 'message')) as [
      { port: number; pages: number; bytes: number },
    ];
    const url = `http://127.0.0.1:${port}`;
    const client = clientOf(url);
    const times = { product: [] as number[], floor: [] as number[] };
    for (let round = 0; round < o.rounds + WARM_UP; round++) {
      const product = await timed(() => readByClient(client));
      const floor = await timed(() => readBare(url, pages));
      if (round < WARM_UP) continue;
      times.product.push(product);
      times.floor.push(floor);
    }
    const ratios = times.product.map((ms, index) => times.floor[index]! / ms);
    return {
      pagesPerSecond: (pages / median(times.product)) * 1e3,
      floorPagesPerSecond: (pages / median(times.floor)) * 1e3,
      ratio: median(ratios),
      pageBytes: bytes,
    };
  } finally {
    await stop(server);
  }
}

function clientOf(url: string): WebexClient {
  const endpoints = {
    apiUrl: url,
    oauthAuthorizeUrl: `${url}/v1/authorize`,
    oauthTokenUrl: `${url}/v1/access_token`,
    peopleMeUrl: `${url}/v1/people/me`,
    allowedHosts: [new URL(url).host],
    allowPrivateAddresses: true,
  };
  const quota = { acquire: async () => ({ sendByMs: Number.POSITIVE_INFINITY }), penalise: async () => undefined };
  const getAccessToken = async () => `a-token-of-the-benchmark_${ORG_ID}`;
  return createWebexClient({
    endpoints,
    quota,
    quotaKey: 'bench',
    getAccessToken,
    orgId: ORG_ID,
    kind: 'live-capture',
  });
}

async function readByClient(client: WebexClient): Promise<number> {
  let activities = 0;
  for await (const page of client.listEndedTasks(WINDOW)) {
    for (const task of page.tasks) activities += task.activities.length;
  }
  return activities;
}

async function readBare(url: string, pages: number): Promise<number> {
  let tasks = 0;
  for (let page = 0; page < pages; page++) {
    const body = JSON.stringify({ variables: { cursor: String(page) } });
    const answer = await fetch(`${url}/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    const parsed = JSON.parse(await answer.text()) as { data: { taskDetails: { tasks: unknown[] } } };
    tasks += parsed.data.taskDetails.tasks.length;
  }
  return tasks;
}

async function timed(work: () => Promise<number>): Promise<number> {
  const began = performance.now();
  if ((await work()) === 0) throw new Error('The pages were empty.');
  return performance.now() - began;
}

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  server.kill('SIGKILL');
  await once(server, 'exit');
}

if (import.meta.main) {
  const { pagesPerSecond, floorPagesPerSecond, ratio, pageBytes } = await run({ rounds: 20 });
  const mb = (pageBytes / 1e6).toFixed(1);
  process.stdout.write(
    `${pagesPerSecond.toFixed(1)} pages/s of ${mb} MB, floor ${floorPagesPerSecond.toFixed(1)}, ×${ratio.toFixed(2)}\n`,
  );
}
