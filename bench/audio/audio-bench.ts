import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { fileURLToPath } from 'node:url';
import { callService } from '../../scripts/demo/connect-acd.ts';
import { type BenchStack, startBenchStack } from '../bench-stack.ts';
import { type Benchmark, type BenchmarkOptions, type Measurement, median, pairedRatio } from '../measurement.ts';
import type { FloorServerPlan } from './floor-server.ts';
import { type LongCall, storeLongCall, WINDOW_BYTES } from './long-call.ts';

const HEADER_BYTES = 44;
/** Until both programs run compiled code. */
const WARM_UP = 400;
const MOST = 1.5;

/** A contact of 60 s out of a long recording, through the segmenter's HTTP route. */
export const audioBench: Benchmark = { name: 'audio', run };

interface Timing {
  firstMs: number;
  wholeMs: number;
}

async function run({ quick, folder, say }: BenchmarkOptions): Promise<Measurement[]> {
  const stack = await startBenchStack({ folder, partitions: 3 });
  const floorKey = randomBytes(32);
  const plan: FloorServerPlan = { key: floorKey.toString('hex'), windowBytes: WINDOW_BYTES };
  const floor = fork(fileURLToPath(new URL('floor-server.ts', import.meta.url)), {
    env: { PATH: process.env.PATH, FLOOR_PLAN: JSON.stringify(plan) },
  });
  try {
    const [port] = (await once(floor, 'message')) as [number];
    const measurements: Measurement[] = [];
    for (const hours of [1, 4]) {
      say(`storing a recording of ${hours} h`);
      const call = await storeLongCall(stack, { hours, floorKey, folder });
      const timings = await play(stack, call, { port, rounds: quick ? 100 : 300 });
      measurements.push(...linesOf(hours, timings));
    }
    return measurements;
  } finally {
    floor.kill('SIGKILL');
    await stack.close();
  }
}

interface Timings {
  product: Timing[];
  floor: Timing[];
}

async function play(stack: BenchStack, call: LongCall, o: { port: number; rounds: number }): Promise<Timings> {
  const links = new Map<string, string>();
  for (const contactId of call.contactIds) {
    const linkUrl = `${stack.url('segmenter')}/v1/contacts/${contactId}/audio-links`;
    links.set(contactId, (await callService<{ url: string }>(stack, linkUrl, { method: 'POST' })).url);
  }
  const agent = new Agent({ keepAlive: true });
  const timings: Timings = { product: [], floor: [] };
  try {
    for (let round = 0; round < o.rounds + WARM_UP; round++) {
      const window = Math.floor(Math.random() * call.contactIds.length);
      const product = await fetchTimed(links.get(call.contactIds[window]!)!, agent, HEADER_BYTES);
      const query = new URLSearchParams({ path: call.floorFile, window: String(window) });
      const floor = await fetchTimed(`http://127.0.0.1:${o.port}/?${query}`, agent, 0);
      if (round < WARM_UP) continue;
      timings.product.push(product);
      timings.floor.push(floor);
    }
    return timings;
  } finally {
    agent.destroy();
  }
}

/** Until the first byte of audio (behind `headerBytes` of the file) and until all of it is here, ms. */
function fetchTimed(url: string, agent: Agent, headerBytes: number): Promise<Timing> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const request = get(url, { agent }, (response) => {
      let bytes = 0;
      let firstMs = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > headerBytes) firstMs ||= performance.now() - began;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (bytes === WINDOW_BYTES + headerBytes) return resolve({ firstMs, wholeMs: performance.now() - began });
        reject(new Error(`${url} answered ${response.statusCode} with ${bytes} bytes.`));
      });
    });
    request.on('error', reject);
  });
}

function linesOf(hours: number, { product, floor }: Timings): Measurement[] {
  return (['firstMs', 'wholeMs'] as const).map((which) => {
    const [ours, bare] = [product, floor].map((timings) => timings.map((timing) => timing[which])) as [
      number[],
      number[],
    ];
    const ratio = pairedRatio(ours, bare);
    return {
      name: `audio, 60 s out of ${hours} h, ${which === 'firstMs' ? 'first byte' : 'whole'}`,
      figure: `${median(ours).toFixed(2)} ms`,
      floor: `${median(bare).toFixed(2)} ms`,
      ratio,
      target: `≤ ${MOST} × the floor`,
      passed: ratio <= MOST,
    };
  });
}
