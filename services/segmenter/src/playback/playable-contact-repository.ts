import type { ContactSegmented, RecordingAvailable } from '@wxcc-wfo/contracts';
import { readAsTenant, type SqlClient } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import { type ContactReader, PREFERRED_ACD } from '../contacts/contact-repository.ts';

/** A contact with all that is known of the recordings of its call: what playing needs, in one statement. */
export interface PlayableContact {
  contact: ContactSegmented;
  recordings: RecordingAvailable[];
}

const READ = `
  SELECT body AS contact, (
    SELECT coalesce(jsonb_agg(facts), '[]') FROM recording
    WHERE (recording.tenant_id, recording.acd_id, recording.task_id) = (contact.tenant_id, contact.acd_id, contact.task_id)
  ) AS recordings
  FROM contact WHERE contact_id = $1`;

/** A contact as its tenant sees it, under row-level security. */
export async function playableOfTenant(
  { pool }: ContactReader,
  tenantId: string,
  contactId: string,
): Promise<PlayableContact | undefined> {
  const read = (tx: SqlClient) =>
    tx.query<PlayableContact & { [column: string]: unknown }>(
      `${READ} AND tenant_id = $2 ORDER BY ${PREFERRED_ACD} LIMIT 1`,
      [contactId, tenantId],
    );
  return (await readAsTenant(pool, { tenantId }, read)).rows[0];
}

/**
 * The contacts of whatever tenant under an id: two tenants that connect the same organization know a call under the
 * same id. For callers whose right is proved otherwise, contact by contact (a signed link).
 */
export async function playablesUnderId(pool: Pool, contactId: string): Promise<PlayableContact[]> {
  // Named: planned once per connection. A browser asks again at every seek.
  return (await pool.query<PlayableContact>({ name: 'playables-under-id', text: READ, values: [contactId] })).rows;
}
