import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createTopics } from '@wxcc-wfo/testkit';
import pg from 'pg';
import type { FloorCommand, FloorHopPlan, PreparedContact } from './floor-hop.ts';

/** The same hops with nothing in them, as processes of their own, over tables and topics of their own. */
export interface FloorProgram {
  /** Puts the input of a round in place: rows of `capture.outbox`, and what the segmenter made of them. */
  prepare(o: { values: string[]; keys: string[]; owner: { tenantId: string; acdId: string } }): Promise<void>;
  /** Hands over what to store and send for each task. */
  expect(contacts: Map<string, PreparedContact[]>): Promise<void>;
  go(): void;
  pids(): Record<string, number>;
  close(): Promise<void>;
}

const TABLES: Record<string, string> = {
  capture_outbox: 'capture.outbox',
  import_job: 'media_import.import_job',
  task: 'segmenter.task',
  contact: 'segmenter.contact',
  segmenter_outbox: 'segmenter.outbox',
};
const HOPS = ['capture', 'media-import', 'segmenter'] as const;

export async function startFloorProgram(o: {
  brokers: string[];
  databaseUrl: string;
  topicPrefix: string;
  partitions: number;
  folder: string;
}): Promise<FloorProgram> {
  const pool = new pg.Pool({ connectionString: o.databaseUrl, max: 2 });
  await pool.query('CREATE SCHEMA floor');
  for (const [table, like] of Object.entries(TABLES)) {
    await pool.query(`CREATE TABLE floor.${table} (LIKE ${like} INCLUDING ALL)`);
  }
  const topics = ['task-ended', 'contact-segmented'].map((topic) => [
    o.topicPrefix + topic,
    { partitions: o.partitions },
  ]);
  await createTopics(o.brokers, Object.fromEntries(topics));
  const hops = new Map<string, ChildProcess>();
  for (const hop of HOPS) {
    const { brokers, databaseUrl, topicPrefix } = o;
    const plan: FloorHopPlan = { hop, brokers, databaseUrl, topicPrefix };
    const child = fork(fileURLToPath(new URL('floor-hop.ts', import.meta.url)), {
      env: { PATH: process.env.PATH, FLOOR_PLAN: JSON.stringify(plan) },
    });
    hops.set(hop, child);
  }
  await Promise.all([...hops.values()].map((child) => once(child, 'message')));
  const tell = (hop: string, command: FloorCommand) => hops.get(hop)!.send(command);
  return {
    async prepare({ values, keys, owner }) {
      await pool.query(
        `TRUNCATE ${Object.keys(TABLES)
          .map((table) => `floor.${table}`)
          .join(', ')}`,
      );
      for (let at = 0; at < keys.length; at += 500) {
        await pool.query(
          `INSERT INTO floor.capture_outbox (shard, topic, key, event_id, value, tenant_id, acd_id, created_at_ms)
           SELECT 0, 'task-ended', key, gen_random_uuid(), value, $3, $4, $5 FROM unnest($1::text[], $2::text[]) AS t (key, value)`,
          [keys.slice(at, at + 500), values.slice(at, at + 500), owner.tenantId, owner.acdId, Date.now()],
        );
      }
    },
    async expect(contacts) {
      const file = `${o.folder}/prepared-contacts.json`;
      writeFileSync(file, JSON.stringify([...contacts]));
      const answered = once(hops.get('segmenter')!, 'message');
      tell('segmenter', { kind: 'prepare', file });
      await answered;
    },
    go: () => tell('capture', { kind: 'go' }),
    pids: () => Object.fromEntries([...hops].map(([hop, child]) => [`floor of ${hop}`, child.pid!])),
    async close() {
      await Promise.all([...hops.values()].map(stop));
      await pool.end();
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
