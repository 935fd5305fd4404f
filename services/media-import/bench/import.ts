/**
 * A long recording imported by the service as it runs in production, against the floor of the same bytes downloaded,
 * encrypted and written; and the service's peak memory. Run alone:
 * node services/media-import/bench/import.ts [--quick | --rounds=10]
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { acdMigrationsFolder } from '@wxcc-wfo/acd';
import { appendEvents, busMigrationsFolder, createBus, createRelay } from '@wxcc-wfo/bus';
import { TOPIC_NAMES, TOPICS } from '@wxcc-wfo/contracts';
import {
  accessMigrationsFolder,
  createLogger,
  createPool,
  createSealer,
  migrateService,
  newSealingKey,
  parseKeyring,
} from '@wxcc-wfo/service-kit';
import { spawnService, startServers, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { anAcd, aTaskEnded } from '../test/media-import-database.ts';
import { serveRecordings } from './recording-server.ts';

const MB = 1_000_000;
const RECORDING_BYTES = 500 * MB;
const TARGET_RATIO = 0.7;
const TARGET_MB = 150;
const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/** Has the fields of the root's `Measurement`. */
export interface ImportRow {
  name: string;
  figure: string;
  floor?: string;
  ratio?: number;
  target: string;
  passed: boolean;
}

/** Starts servers (or takes those of the environment) and the service, and leaves nothing behind. */
export async function run(o: {
  quick: boolean;
  rounds?: number;
  folder: string;
  say(line: string): void;
}): Promise<ImportRow[]> {
  const rounds = o.rounds ?? (o.quick ? 1 : 3);
  const stack = await startStack(o.folder);
  try {
    const { nowMb: restMb, peakMb: startMb } = await stack.memory();
    o.say(`at rest ${restMb.toFixed(0)} MB, at most ${startMb.toFixed(0)} MB while it started`);
    await stack.resetPeak();
    await stack.importOne(); // connects, warms up
    const product: number[] = [];
    const floor: number[] = [];
    for (let round = 0; round < rounds; round++) {
      floor.push(RECORDING_BYTES / MB / (await stack.runFloor()));
      product.push(RECORDING_BYTES / MB / (await stack.importOne()));
      const { nowMb: resident } = await stack.memory();
      const speeds = `${product[round]!.toFixed(0)} MB/s, floor ${floor[round]!.toFixed(0)} MB/s`;
      o.say(`round ${round + 1}: ${speeds}, then ${resident.toFixed(0)} MB resident`);
    }
    const { peakMb } = await stack.memory();
    const ratio = median(product.map((value, index) => value / floor[index]!));
    return [
      {
        name: 'import of a 500 MB recording',
        figure: `${median(product).toFixed(0)} MB/s`,
        floor: `${median(floor).toFixed(0)} MB/s`,
        ratio,
        target: `≥ ${TARGET_RATIO} of download + AES-GCM + write`,
        passed: ratio >= TARGET_RATIO,
      },
      {
        name: 'peak memory of media-import',
        figure: `${peakMb.toFixed(0)} MB`,
        target: `≤ ${TARGET_MB} MB while it imports 500 MB files`,
        passed: peakMb <= TARGET_MB,
      },
    ];
  } finally {
    await stack.stop();
  }
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;

async function startStack(folder: string) {
  const servers = await startServers({ dataFolder: `${folder}/servers` });
  const recordings = await serveRecordings(RECORDING_BYTES);
  const database = await createDatabase(servers.postgresAdminUrl);
  const pool = createPool({ url: database.url, applicationName: 'bench', max: 4 });
  const topicPrefix = `${uniqueName('bench')}.`;
  const logger = createLogger({ service: 'bench', level: 'silent' });
  const bus = createBus({ brokers: servers.kafkaBrokers, clientId: 'bench', topicPrefix, logger });
  await bus.ensureTopics(TOPIC_NAMES, { partitions: 1, replicationFactor: 1 });
  const handoverKeys = `k1:${newSealingKey()}`;
  const acd = anAcd({ apiUrl: recordings.baseUrl });
  const mediaFolder = `${folder}/media`;
  const redis = new Redis(servers.redisUrl);
  const sealed = createSealer(parseKeyring(handoverKeys)).seal('token', `${acd.acdId}:1`);
  await redis.hset(`wfo:token:${acd.acdId}`, { version: 1, sealed, expiresAtMs: Date.now() + 86_400_000 });
  const start = async () => {
    const started = spawnService({
      name: 'media-import',
      entry: pathOf('../src/server.ts'),
      nodeOptions: ['--import', pathOf('../../../libs/service-kit/src/telemetry.ts'), ...MEMORY_OPTIONS],
      env: {
        MALLOC_ARENA_MAX: '2',
        MALLOC_MMAP_THRESHOLD_: '131072',
        MALLOC_TRIM_THRESHOLD_: '4194304',
        NODE_COMPILE_CACHE: `${folder}/compile-cache`,
        DATABASE_URL: database.url,
        REDIS_URL: servers.redisUrl,
        KAFKA_BROKERS: servers.kafkaBrokers.join(','),
        KAFKA_TOPIC_PREFIX: topicPrefix,
        SEALING_KEYS: `k1:${newSealingKey()}`,
        HANDOVER_KEYS: handoverKeys,
        MEDIA_FOLDER: mediaFolder,
        WEBEX_ALLOWED_HOSTS: new URL(recordings.baseUrl).host,
        WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
        WEBEX_REQUESTS_PER_MINUTE: '100000',
        LOG_LEVEL: 'info',
      },
    });
    await waitFor('the service to listen', () => started.output().includes('"listening"'), { timeoutMs: 60_000 });
    return started;
  };
  // As in production, where the image holds what was compiled: a first start compiles, and its memory is not looked at.
  await (await start()).kill('SIGTERM');
  const service = await start();
  const relay = createRelay({ bus, pool, logger });
  await relay.start();
  await appendEvents(pool, [{ topic: TOPICS.acdChanged, payload: acd }]);
  return {
    /** Seconds from the beginning of the download until the recording is stored and its event committed. */
    async importOne(): Promise<number> {
      const taskId = randomUUID();
      await appendEvents(pool, [{ topic: TOPICS.taskEnded, payload: aTaskEnded(acd, { taskId }) }]);
      const isStored = async () => {
        if (recordings.beganMs(taskId) === undefined) return null;
        const { rows } = await pool.query<{ path: string }>(
          'SELECT path FROM recording JOIN recording_generation USING (recording_id) WHERE task_id = $1',
          [taskId],
        );
        return rows[0]?.path;
      };
      const path = await waitFor('the recording', isStored, { timeoutMs: 120_000, intervalMs: 5 }).catch((error) => {
        throw new Error(`${(error as Error).message}\n${service.output().slice(-2_000)}`);
      });
      const seconds = (performance.now() - recordings.beganMs(taskId)!) / 1000;
      await rm(`${mediaFolder}/${path}`);
      return seconds;
    },
    async runFloor(): Promise<number> {
      const args = [pathOf('floor-program.ts'), recordings.urlOf('floor'), `${folder}/floor.bin`];
      const { stdout } = await promisify(execFile)(process.execPath, args);
      return Number(stdout.trim()) / 1000;
    },
    /** Of the resident set, now and at most since the last reset. */
    async memory(): Promise<{ nowMb: number; peakMb: number }> {
      const status = await readFile(`/proc/${service.pid}/status`, 'utf8');
      const of = (name: string) => (Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1024) / MB;
      return { nowMb: of('VmRSS'), peakMb: of('VmHWM') };
    },
    /** Linux forgets the peak when a 5 is written there. */
    resetPeak: () => writeFile(`/proc/${service.pid}/clear_refs`, '5'),
    async stop() {
      await service.kill('SIGTERM');
      await relay.stop();
      await redis.del(`wfo:token:${acd.acdId}`);
      redis.disconnect();
      await pool.end();
      await bus.withAdmin((admin) =>
        admin.deleteTopics({ topics: TOPIC_NAMES.map((topic) => bus.physicalTopic(topic)) }),
      );
      await database.drop();
      await recordings.close();
      await servers.stop();
    },
  };
}

/** As `npm run up` starts it. */
const DEFAULT_OPTIONS =
  '--max-old-space-size=384 --max-semi-space-size=4 --v8-pool-size=1 --no-parallel-scavenge --liftoff-only --no-separate-gc-phases';
const MEMORY_OPTIONS = (process.env.BENCH_NODE_OPTIONS ?? DEFAULT_OPTIONS).split(' ').filter(Boolean);

async function createDatabase(adminUrl: string) {
  const name = uniqueName('bench_import').replaceAll('-', '_');
  const admin = async (sql: string) => {
    const client = new pg.Client({ connectionString: adminUrl });
    await client.connect();
    await client.query(sql).finally(() => client.end());
  };
  await admin(`CREATE DATABASE ${name}`);
  const target = new URL(adminUrl);
  target.pathname = `/${name}`;
  const { databaseUrl } = await migrateService({
    adminUrl: target.href,
    service: name,
    password: randomUUID(),
    folders: [accessMigrationsFolder, busMigrationsFolder, acdMigrationsFolder, pathOf('../migrations')],
  });
  return {
    url: databaseUrl,
    async drop() {
      await admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      await admin(`DROP ROLE IF EXISTS ${name}, ${name}_reader`);
    },
  };
}

if (import.meta.main) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-import-'));
  try {
    const say = (line: string): boolean => process.stdout.write(`${line}\n`);
    const rounds = process.argv.find((arg) => arg.startsWith('--rounds='))?.slice('--rounds='.length);
    const quick = process.argv.includes('--quick');
    const rows = await run({ quick, ...(rounds ? { rounds: Number(rounds) } : {}), folder, say });
    for (const { name, figure, floor, ratio, target } of rows) {
      say(`${name}: ${figure}${floor ? `, floor ${floor}, ratio ${ratio?.toFixed(2)}` : ''}; target ${target}`);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
