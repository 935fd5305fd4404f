import { republicationRoute as routeOf } from '@wxcc-wfo/bus';
import { type ContactSegmented, TOPICS } from '@wxcc-wfo/contracts';
import type { App } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';

/** POST /v1/republications: tells contacts once more, each at its present version, also those that a correction removed. */
export function republicationRoute(app: App, { pool }: { pool: Pool }): void {
  routeOf(app, {
    pool,
    scope: 'contacts:write',
    tag: 'contacts',
    things: 'contacts',
    happened: 'began',
    async readPage(tx, { acdId, tenantId, fromMs, toMs, after, limit }) {
      const { rows } = await tx.query<{ body: ContactSegmented; started_at_ms: number; contact_id: string }>(
        `SELECT body, started_at_ms, contact_id FROM contact
         WHERE acd_id = $1 AND ($2::uuid IS NULL OR tenant_id = $2) AND started_at_ms >= $3 AND started_at_ms < $4
           AND (started_at_ms, contact_id) > ($5::bigint, $6::uuid)
         ORDER BY started_at_ms, contact_id LIMIT $7 FOR UPDATE`,
        [acdId, tenantId, fromMs, toMs, after?.atMs ?? -1, after?.id ?? '00000000-0000-0000-0000-000000000000', limit],
      );
      return rows.map((row) => ({
        event: { topic: TOPICS.contactSegmented, payload: row.body },
        place: { atMs: row.started_at_ms, id: row.contact_id },
      }));
    },
  });
}
