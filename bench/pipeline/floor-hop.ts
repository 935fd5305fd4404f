// One hop of the bare floor program, as a process of its own: consumes the same bytes, inserts the same rows in one
// statement per batch, produces the same events. No validation, no rules, no guards: what it sends was made before.
import { readFileSync } from 'node:fs';
import { Kafka, logLevel, type Message, Partitioners } from 'kafkajs';
import pg from 'pg';

export interface FloorHopPlan {
  hop: 'capture' | 'media-import' | 'segmenter';
  brokers: string[];
  databaseUrl: string;
  topicPrefix: string;
}

/** What the segmenter made of a task, as it is to be stored and sent again. */
export interface PreparedContact {
  contactId: string;
  openedBy: string;
  value: string;
}

export type FloorCommand = { kind: 'go' } | { kind: 'prepare'; file: string };
export type FloorAnswer = { kind: 'ready' } | { kind: 'prepared' };

const CHUNK = 500;
const plan = JSON.parse(process.env.FLOOR_PLAN ?? '') as FloorHopPlan;
const pool = new pg.Pool({ connectionString: plan.databaseUrl, max: 6 });
const kafka = new Kafka({ brokers: plan.brokers, clientId: `floor-${plan.hop}`, logLevel: logLevel.NOTHING });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
const answer = (message: FloorAnswer) => process.send?.(message);
let prepared = new Map<string, PreparedContact[]>();

interface OutboxRow {
  id: string;
  key: string;
  event_id: string;
  value: string;
  tenant_id: string;
  acd_id: string;
  created_at_ms: string;
}

function record(row: Omit<OutboxRow, 'id'>, type: string): Message {
  return {
    key: row.key,
    value: row.value,
    headers: {
      ce_specversion: '1.0',
      ce_id: row.event_id,
      ce_source: '/wxcc-wfo/floor',
      ce_type: type,
      ce_time: new Date(Number(row.created_at_ms)).toISOString(),
      ce_subject: row.key,
      ce_tenantid: row.tenant_id,
      ce_acdid: row.acd_id,
      'content-type': 'application/json',
    },
  };
}

const send = (topic: string, messages: Message[]) =>
  producer.send({ topic: plan.topicPrefix + topic, acks: -1, messages });

/** Capture's hop: what stands in the outbox goes to the broker. */
async function publishOutbox(): Promise<void> {
  for (let last = '0'; ; ) {
    const { rows } = await pool.query<OutboxRow>(
      `SELECT id, key, event_id, value, tenant_id, acd_id, created_at_ms FROM floor.capture_outbox
       WHERE id > $1 ORDER BY id LIMIT 500`,
      [last],
    );
    if (rows.length === 0) return;
    last = rows.at(-1)!.id;
    await send(
      'task-ended',
      rows.map((row) => record(row, 'wxcc-wfo.task-ended.v1')),
    );
  }
}

interface Received {
  acdId: string;
  taskId: string;
  tenantId: string;
  value: string;
}

function received(message: { key: Buffer | null; value: Buffer | null; headers?: Record<string, unknown> }): Received {
  const key = message.key!.toString();
  return {
    acdId: key.slice(0, 36),
    taskId: key.slice(37),
    tenantId: String(message.headers?.ce_tenantid),
    value: message.value!.toString(),
  };
}

async function insertJobs(tasks: Received[]): Promise<void> {
  await pool.query(
    `INSERT INTO floor.import_job (acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms,
       recording_expected, state, next_attempt_at_ms, created_at_ms)
     SELECT acd_id, task_id, tenant_id, 'organization', 1, $4, true, 'waiting', $4, $4
     FROM unnest($1::uuid[], $2::text[], $3::uuid[]) AS n (acd_id, task_id, tenant_id)`,
    [tasks.map((t) => t.acdId), tasks.map((t) => t.taskId), tasks.map((t) => t.tenantId), Date.now()],
  );
}

const INSERT_CONTACTS = `
  WITH tasks AS (
    INSERT INTO floor.task (tenant_id, acd_id, task_id, revision, facts, first_seen_at_ms)
    SELECT tenant_id, acd_id, task_id, 1, facts::jsonb, $4
    FROM unnest($1::uuid[], $2::uuid[], $3::text[], $5::text[]) AS t (tenant_id, acd_id, task_id, facts)
  ), contacts AS (
    INSERT INTO floor.contact (tenant_id, acd_id, contact_id, task_id, version, superseded, opened_by, contact_type,
      started_at_ms, ended_at_ms, agent_id, agent_name, team_id, queue_id, calling_number, called_number, audio_state, body)
    SELECT tenant_id, acd_id, contact_id, task_id, 1, false, opened_by, 'voice', $4, $4, 'f3c0f2-6e0a-4d8c-9f0e-2f6f1f0d7a11',
      'Agent Number 100', '8a4b8b1e-2f63-4a56-8a57-33c5ce1b8f02', 'c6f3c0f2-6e0a-4d8c-9f0e-2f6f1f0d7a11', '+14085550000',
      '+18005550100', 'file-not-yet-uploaded', body::jsonb
    FROM unnest($6::uuid[], $7::uuid[], $8::text[], $9::uuid[], $10::text[], $11::text[])
      AS c (tenant_id, acd_id, task_id, contact_id, opened_by, body)
  ), events AS (
    INSERT INTO floor.segmenter_outbox (shard, topic, key, event_id, value, tenant_id, acd_id, created_at_ms)
    SELECT 0, 'contact-segmented', acd_id || ':' || task_id, contact_id, body, tenant_id, acd_id, $4
    FROM unnest($6::uuid[], $7::uuid[], $8::text[], $9::uuid[], $10::text[], $11::text[])
      AS c (tenant_id, acd_id, task_id, contact_id, opened_by, body)
  )
  SELECT 1`;

async function insertContacts(tasks: Received[]): Promise<void> {
  const contacts = tasks.flatMap((task) => (prepared.get(task.taskId) ?? []).map((contact) => ({ task, ...contact })));
  const now = Date.now();
  await pool.query(INSERT_CONTACTS, [
    tasks.map((t) => t.tenantId),
    tasks.map((t) => t.acdId),
    tasks.map((t) => t.taskId),
    now,
    tasks.map((t) => t.value),
    contacts.map((c) => c.task.tenantId),
    contacts.map((c) => c.task.acdId),
    contacts.map((c) => c.task.taskId),
    contacts.map((c) => c.contactId),
    contacts.map((c) => c.openedBy),
    contacts.map((c) => c.value),
  ]);
  const created_at_ms = String(now);
  await send(
    'contact-segmented',
    contacts.map(({ task, contactId, value }) => {
      const row = { key: `${task.acdId}:${task.taskId}`, event_id: contactId, value, created_at_ms };
      return record({ ...row, tenant_id: task.tenantId, acd_id: task.acdId }, 'wxcc-wfo.contact-segmented.v1');
    }),
  );
}

async function consume(handle: (tasks: Received[]) => Promise<void>): Promise<void> {
  const consumer = kafka.consumer({ groupId: `${plan.topicPrefix}${plan.hop}`, maxWaitTimeInMs: 250 });
  await consumer.connect();
  await consumer.subscribe({ topic: `${plan.topicPrefix}task-ended`, fromBeginning: true });
  const joined = new Promise<void>((resolve) => void consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
  await consumer.run({
    partitionsConsumedConcurrently: 3,
    eachBatch: async ({ batch }) => {
      for (let at = 0; at < batch.messages.length; at += CHUNK) {
        await handle(batch.messages.slice(at, at + CHUNK).map(received));
      }
    },
  });
  await joined;
}

process.on('disconnect', () => process.exit(0));
process.on('message', (command: FloorCommand) => {
  if (command.kind === 'go') void publishOutbox();
  else {
    const entries = JSON.parse(readFileSync(command.file, 'utf8')) as [string, PreparedContact[]][];
    prepared = new Map(entries);
    answer({ kind: 'prepared' });
  }
});
await producer.connect();
if (plan.hop === 'media-import') await consume(insertJobs);
if (plan.hop === 'segmenter') await consume(insertContacts);
answer({ kind: 'ready' });
