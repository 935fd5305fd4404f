import type { ContactSegmented } from '@wxcc-wfo/contracts';
import { readAsTenant, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';

/** A place in the list: newest first, ties by id. */
export interface ContactCursor {
  startedAtMs: number;
  contactId: string;
}

export interface ContactFilter {
  contactType?: string | undefined;
  fromMs?: number | undefined;
  toMs?: number | undefined;
  agentId?: string | undefined;
  teamId?: string | undefined;
  queueId?: string | undefined;
  callingNumber?: string | undefined;
  calledNumber?: string | undefined;
  audioState?: string | undefined;
  associatedContactId?: string | undefined;
}

export interface ContactRepository {
  /** Living contacts behind the cursor, at most `limit`. */
  list(filter: ContactFilter, page: { after: ContactCursor | null; limit: number }): Promise<ContactSegmented[]>;
  /** One contact, superseded or not. */
  find(contactId: string): Promise<ContactSegmented | undefined>;
  /** The other living contacts of its call, oldest first. */
  associated(contact: ContactSegmented): Promise<ContactSegmented[]>;
}

const CONDITIONS: Record<keyof ContactFilter, string> = {
  contactType: 'contact_type = ?',
  fromMs: 'started_at_ms >= ?',
  toMs: 'started_at_ms < ?',
  agentId: 'agent_id = ?',
  teamId: 'team_id = ?',
  queueId: 'queue_id = ?',
  callingNumber: 'calling_number = ?',
  calledNumber: 'called_number = ?',
  audioState: 'audio_state = ?',
  associatedContactId: 'task_id = ?',
};

/**
 * An organization that is connected anew gives each contact the id that it had under the deleted ACD (architecture rule
 * 8). Of such twins that of the living ACD counts.
 */
export const PREFERRED_ACD = 'EXISTS (SELECT FROM deleted_acd gone WHERE gone.acd_id = contact.acd_id), contact.acd_id';
/** The one that counts; by the primary key, for each row that is listed. */
const IS_PREFERRED = `listed.acd_id = (
  SELECT acd_id FROM contact WHERE contact.contact_id = listed.contact_id AND contact.tenant_id = listed.tenant_id
  ORDER BY ${PREFERRED_ACD} LIMIT 1)`;

interface BodyRow {
  body: ContactSegmented;
}

/** Where contacts are read. */
export interface ContactReader {
  pool: Pool;
}

/** Contacts as one tenant sees them: every read runs under row-level security. */
export function contactsOfTenant({ pool }: ContactReader, tenantId: string): ContactRepository {
  const read = async (text: string, values: readonly unknown[]): Promise<ContactSegmented[]> => {
    const query = (tx: SqlClient) => tx.query<BodyRow>(text, values);
    const { rows } = await readAsTenant(pool, { tenantId }, query);
    return rows.map(({ body }) => body);
  };
  return {
    async list(filter, { after, limit }) {
      // The tenant also stands in the query, for the index.
      const values: unknown[] = [tenantId];
      const conditions = ['tenant_id = $1', 'NOT superseded'];
      for (const [name, value] of Object.entries(filter) as [keyof ContactFilter, unknown][]) {
        if (value === undefined) continue;
        values.push(value);
        conditions.push(CONDITIONS[name].replace('?', `$${values.length}`));
      }
      if (after !== null) {
        values.push(after.startedAtMs, after.contactId);
        conditions.push(`(started_at_ms, contact_id) < ($${values.length - 1}::bigint, $${values.length}::uuid)`);
      }
      values.push(limit);
      return await read(
        `SELECT body FROM contact AS listed WHERE ${conditions.join(' AND ')} AND ${IS_PREFERRED}
         ORDER BY started_at_ms DESC, contact_id DESC LIMIT $${values.length}`,
        values,
      );
    },
    async find(contactId) {
      const [contact] = await read(
        `SELECT body FROM contact WHERE tenant_id = $1 AND contact_id = $2 ORDER BY ${PREFERRED_ACD} LIMIT 1`,
        [tenantId, contactId],
      );
      return contact;
    },
    async associated({ acdId, taskId, contactId }) {
      return await read(
        `SELECT body FROM contact
         WHERE tenant_id = $1 AND acd_id = $2 AND task_id = $3 AND contact_id <> $4 AND NOT superseded
         ORDER BY started_at_ms, contact_id`,
        [tenantId, acdId, taskId, contactId],
      );
    },
  };
}
