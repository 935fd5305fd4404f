import { randomUUID } from 'node:crypto';
import { appendEvents } from '@wxcc-wfo/bus';
import { type ContactSegmented, type TaskEnded, TOPICS } from '@wxcc-wfo/contracts';
import { createPool, inTransaction } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { type BenchStack, processorTimes, residentMemory, startBenchStack } from '../bench-stack.ts';
import { type Benchmark, type BenchmarkOptions, type Measurement, median, pairedRatio } from '../measurement.ts';
import { syntheticCall } from '../synthetic-calls.ts';
import { type ContactWatch, watchContacts } from './contact-watch.ts';
import type { PreparedContact } from './floor-hop.ts';
import { type FloorProgram, startFloorProgram } from './floor-program.ts';

const TASKS = 10_000;
const WARM_UP = 1_000;
const PARTITIONS = 6;
const PREFIX = { product: 'bench.', floor: 'floor.' };
const FLOOR_SHARE = 0.4;
const MEMORY_MB = 200;
/** What a process may grow from 1,000 tasks on and still count as flat: the slack of its collector. */
const MEMORY_GROWTH = 1.3;
/** Events of one statement while the input is put in place. */
const CHUNK = 500;
const PATIENCE_MS = 90_000;

/** 10,000 stored tasks → contacts, and the memory of the services while they do it. */
export const pipelineBench: Benchmark = { name: 'pipeline', run };

interface Setting {
  stack: BenchStack;
  outbox: Pool;
  segmenter: Pool;
  floor: FloorProgram;
  seen: { product: ContactWatch; floor: ContactWatch };
}

async function run({ quick, folder, say }: BenchmarkOptions): Promise<Measurement[]> {
  const stack = await startBenchStack({ folder, topicPrefix: PREFIX.product, partitions: PARTITIONS });
  let close = () => stack.close();
  try {
    const setting = await set(stack, folder);
    close = async () => {
      await unset(setting);
      await stack.close();
    };
    say('warming up');
    await playRound(setting, WARM_UP);
    const early = memoryOf(stack);
    const rounds: Round[] = [];
    for (let n = 0; n < (quick ? 3 : 5); n++) {
      const round = await playRound(setting, TASKS);
      rounds.push(round);
      say(`product ${round.product.toFixed(0)} tasks/s, floor ${round.floor.toFixed(0)} tasks/s`);
    }
    say(`processor time of the product, ms per 1,000 tasks: ${describe(rounds.map((round) => round.used.product))}`);
    say(`processor time of the floor, ms per 1,000 tasks: ${describe(rounds.map((round) => round.used.floor))}`);
    let tasks = WARM_UP + rounds.length * TASKS;
    for (; !quick && tasks < 100_000; tasks += TASKS) await playProduct(setting, callsOf(TASKS));
    return [throughput(rounds), ...memoryLines(stack, { early, late: memoryOf(stack), tasks })];
  } finally {
    await close();
  }
}

async function set(stack: BenchStack, folder: string): Promise<Setting> {
  const { kafkaBrokers: brokers, postgresAdminUrl } = stack.servers;
  const database = new URL(postgresAdminUrl);
  database.pathname = '/wfo';
  const poolOf = (url: string) => createPool({ url, applicationName: 'bench', max: 2 });
  const topicPrefix = PREFIX.floor;
  const floor = await startFloorProgram({
    brokers,
    databaseUrl: database.href,
    topicPrefix,
    partitions: PARTITIONS,
    folder,
  });
  return {
    stack,
    outbox: poolOf(stack.databaseUrls.capture),
    segmenter: poolOf(stack.databaseUrls.segmenter),
    floor,
    seen: {
      product: await watchContacts(brokers, PREFIX.product + TOPICS.contactSegmented),
      floor: await watchContacts(brokers, PREFIX.floor + TOPICS.contactSegmented),
    },
  };
}

async function unset({ outbox, segmenter, floor, seen }: Setting): Promise<void> {
  await Promise.all([seen.product.close(), seen.floor.close(), floor.close(), outbox.end(), segmenter.end()]);
}

interface Round {
  /** Tasks per second. */
  product: number;
  floor: number;
  /** Processor seconds by process. */
  used: { product: Map<string, number>; floor: Map<string, number> };
}

interface Calls {
  owner: { tenantId: string; acdId: string; webexOrgId: string };
  tasks: TaskEnded[];
  contacts: number;
}

/** Calls of a tenant of their own. Nobody knows its ACD, so that media-import keeps the jobs and asks nobody. */
function callsOf(count: number): Calls {
  const owner = { tenantId: randomUUID(), acdId: randomUUID(), webexOrgId: randomUUID() };
  const dayMs = Date.now() - 86_400_000;
  const tasks = Array.from({ length: count }, (_, n) => syntheticCall(n, owner, dayMs));
  return { owner, tasks, contacts: count + Math.ceil(count / 10) };
}

/** The product and the floor, one after the other, over the same calls. */
async function playRound(setting: Setting, count: number): Promise<Round> {
  const calls = callsOf(count);
  const [productMs, product] = await withProcessorTimes(setting, () => playProduct(setting, calls));
  await prepareFloor(setting, calls);
  const [floorMs, floor] = await withProcessorTimes(setting, () => playFloor(setting, calls));
  return { product: (count / productMs) * 1e3, floor: (count / floorMs) * 1e3, used: { product, floor } };
}

async function withProcessorTimes<R>(
  { stack, floor }: Setting,
  work: () => Promise<R>,
): Promise<[R, Map<string, number>]> {
  const services = Object.fromEntries(stack.services.map((service) => [service.name, service.pid()!]));
  const named = { ...services, ...floor.pids() };
  const before = processorTimes(named);
  const result = await work();
  const used = [...processorTimes(named)].map(([name, seconds]) => [name, seconds - (before.get(name) ?? 0)] as const);
  return [result, new Map(used)];
}

function describe(rounds: readonly Map<string, number>[]): string {
  const names = [...new Set(rounds.flatMap((round) => [...round.keys()]))];
  const perThousand = (name: string) => (median(rounds.map((round) => round.get(name) ?? 0)) / TASKS) * 1e6;
  const parts = names.map((name) => ({ name, ms: perThousand(name) })).filter(({ ms }) => ms >= 5);
  return parts.map(({ name, ms }) => `${name} ${ms.toFixed(0)}`).join(', ');
}

/** From the commit that shows the stored tasks to the relay until the last contact is on its topic, ms. */
async function playProduct({ outbox, seen }: Setting, { tasks, contacts }: Calls): Promise<number> {
  const last = seen.product.until(contacts, PATIENCE_MS);
  await inTransaction(outbox, async (tx) => {
    for (let at = 0; at < tasks.length; at += CHUNK) {
      const part = tasks.slice(at, at + CHUNK);
      await appendEvents(
        tx,
        part.map((payload) => ({ topic: TOPICS.taskEnded, payload })),
      );
    }
  });
  const began = performance.now();
  return (await last) - began;
}

async function prepareFloor({ floor, segmenter, seen }: Setting, { owner, tasks }: Calls): Promise<void> {
  await floor.prepare({
    values: tasks.map((task) => JSON.stringify(task)),
    keys: tasks.map((task) => `${task.acdId}:${task.taskId}`),
    owner,
  });
  await floor.expect(await madeOf(segmenter, owner.tenantId, seen.product.values()));
}

async function playFloor({ floor, seen }: Setting, { contacts }: Calls): Promise<number> {
  const last = seen.floor.until(contacts, PATIENCE_MS);
  const began = performance.now();
  floor.go();
  return (await last) - began;
}

/** What the product made of the calls, for the floor to store and send again. */
async function madeOf(
  segmenter: Pool,
  tenantId: string,
  values: readonly string[],
): Promise<Map<string, PreparedContact[]>> {
  const { rows } = await segmenter.query<{ contact_id: string; opened_by: string }>(
    'SELECT contact_id, opened_by FROM contact WHERE tenant_id = $1',
    [tenantId],
  );
  const openedBy = new Map(rows.map((row) => [row.contact_id, row.opened_by]));
  const made = new Map<string, PreparedContact[]>();
  const known = new Set<string>();
  for (const value of values) {
    const { contactId, taskId } = JSON.parse(value) as ContactSegmented;
    if (known.has(contactId)) continue;
    known.add(contactId);
    const contact = { contactId, openedBy: openedBy.get(contactId)!, value };
    made.set(taskId, [...(made.get(taskId) ?? []), contact]);
  }
  if (known.size !== openedBy.size)
    throw new Error(`${openedBy.size} contacts are stored, ${known.size} were published.`);
  return made;
}

function throughput(rounds: readonly Round[]): Measurement {
  const ratio = pairedRatio(
    rounds.map(({ product }) => product),
    rounds.map(({ floor }) => floor),
  );
  return {
    name: 'pipeline, 10,000 stored tasks → contacts',
    figure: `${median(rounds.map(({ product }) => product)).toFixed(0)} tasks/s`,
    floor: `${median(rounds.map(({ floor }) => floor)).toFixed(0)} tasks/s`,
    ratio,
    target: `≥ ${FLOOR_SHARE} of the floor`,
    passed: ratio >= FLOOR_SHARE,
  };
}

type Memory = ReturnType<typeof residentMemory>[];
const memoryOf = (stack: BenchStack): Memory => stack.services.map((service) => residentMemory(service.pid()!));

function memoryLines(stack: BenchStack, o: { early: Memory; late: Memory; tasks: number }): Measurement[] {
  return stack.services.map(({ name }, index) => {
    const [early, late] = [o.early[index]!, o.late[index]!];
    const growth = late.peakMb / early.peakMb;
    const isFlat = growth <= MEMORY_GROWTH;
    return {
      name: `memory of ${name}, ${o.tasks.toLocaleString('en')} tasks`,
      figure: `${late.peakMb.toFixed(0)} MB at most, ${late.filesMb.toFixed(0)} of them files`,
      floor: `${early.peakMb.toFixed(0)} MB at 1,000`,
      ratio: growth,
      target: `≤ ${MEMORY_MB} MB, flat (≤ ${MEMORY_GROWTH})`,
      passed: late.peakMb <= MEMORY_MB && isFlat,
    };
  });
}
