import type { ContactSegmented } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { jsonColumn, jsonColumnSql } from '@wxcc-wfo/service-kit/json-column';
import { prepared } from '@wxcc-wfo/service-kit/prepared';
import type { AssignedContact } from './segment-task.ts';
import { keyText, type TaskKey } from './task-key.ts';

const READ = prepared(`
  SELECT opened_by, body FROM contact
  JOIN unnest($1::uuid[], $2::uuid[], $3::text[]) AS wanted (tenant_id, acd_id, task_id)
  USING (tenant_id, acd_id, task_id)`);

/** The contacts of these tasks as they were published last, by task, superseded ones included. */
export async function readAssigned(tx: SqlClient, keys: readonly TaskKey[]): Promise<Map<string, AssignedContact[]>> {
  if (keys.length === 0) return new Map();
  const { rows } = await tx.query<{ opened_by: string; body: ContactSegmented }>(READ, [
    keys.map((key) => key.tenantId),
    keys.map((key) => key.acdId),
    keys.map((key) => key.taskId),
  ]);
  const assigned = rows.map(({ opened_by, body }) => ({ openedBy: opened_by, contact: body }));
  return Map.groupBy(assigned, ({ contact }) => keyText(contact));
}

/** Columns of `contact` in the order of the statement, with their types and where their values come from. */
const COLUMNS: [name: string, type: string, value: (assigned: AssignedContact) => unknown][] = [
  ['tenant_id', 'uuid', ({ contact }) => contact.tenantId],
  ['acd_id', 'uuid', ({ contact }) => contact.acdId],
  ['contact_id', 'uuid', ({ contact }) => contact.contactId],
  ['task_id', 'text', ({ contact }) => contact.taskId],
  ['version', 'integer', ({ contact }) => contact.version],
  ['superseded', 'boolean', ({ contact }) => contact.superseded],
  ['opened_by', 'text', ({ openedBy }) => openedBy],
  ['contact_type', 'text', ({ contact }) => contact.contactType],
  ['started_at_ms', 'bigint', ({ contact }) => contact.startedAtMs],
  ['ended_at_ms', 'bigint', ({ contact }) => contact.endedAtMs],
  ['agent_id', 'text', ({ contact }) => contact.agent.id],
  ['agent_name', 'text', ({ contact }) => contact.agent.name],
  ['team_id', 'text', ({ contact }) => contact.team?.id ?? null],
  ['queue_id', 'text', ({ contact }) => contact.queue?.id ?? null],
  ['calling_number', 'text', ({ contact }) => contact.callingNumber],
  ['called_number', 'text', ({ contact }) => contact.calledNumber],
  ['audio_state', 'text', ({ contact }) => contact.audio.state],
];
const KEY = new Set(['tenant_id', 'acd_id', 'contact_id']);
const names = [...COLUMNS.map(([name]) => name), 'body'];
const parameters = COLUMNS.map(([, type], index) => `$${index + 1}::${type}[]`);

const STORE = prepared(`
  INSERT INTO contact AS stored (${names.join(', ')})
  SELECT ${names.map((name) => (name === 'body' ? 'body::jsonb' : name)).join(', ')}
  FROM unnest(${parameters.join(', ')}, ${jsonColumnSql(`$${COLUMNS.length + 1}`)}) AS given (${names.join(', ')})
  ON CONFLICT (contact_id, tenant_id, acd_id) DO UPDATE
    SET ${names
      .filter((name) => !KEY.has(name))
      .map((name) => `${name} = excluded.${name}`)
      .join(', ')}
    WHERE stored.version < excluded.version`);

/** Stores contacts at their new versions, under the locks of their tasks. */
export async function storeAssigned(tx: SqlClient, changed: readonly AssignedContact[]): Promise<void> {
  if (changed.length === 0) return;
  await tx.query(STORE, [
    ...COLUMNS.map(([, , value]) => changed.map(value)),
    jsonColumn(changed.map(({ contact }) => JSON.stringify(contact))),
  ]);
}
