import { type BatchHandler, createConsumer } from '@wxcc-wfo/bus';
import type { LifecycleSubject } from '@wxcc-wfo/bus/testing';
import { type AcdChanged, TOPICS } from '@wxcc-wfo/contracts';
import type { Pool } from 'pg';
import { anAcd } from './an-acd.ts';

const EVENTS = 400;
const AT_MS = 1_780_000_000_000;
const NEVER_MS = 9_000_000_000_000_000;

/** Events n and n + 3 of each six are a change of an ACD and a token of the same, so that both topics share keys. */
const isChange = (n: number) => n % 6 < 3;
const acdIdOf = (change: number) => `00000000-0000-4000-8000-${String(change).padStart(12, '0')}`;

const changeOf = (n: number, tenantId: string): AcdChanged =>
  anAcd({ acdId: acdIdOf(n), tenantId, revision: 2, name: String(n), occurredAtMs: AT_MS });

/**
 * The lifecycle subject of a service that follows ACDs and tokens with leases of its own: a change renames the ACD, and
 * both make its work due. Triggers append what was done, so that whatever is done twice is there twice.
 */
export function acdFollowerSubject(o: {
  service: string;
  migrations: string[];
  handlers: { 'acd-changed': BatchHandler<'acd-changed'>; 'token-refreshed': BatchHandler<'token-refreshed'> };
  /** The table of its leases, and the column that says when work is due. */
  table: string;
  dueColumn: string;
}): LifecycleSubject {
  return {
    service: o.service,
    migrations: o.migrations,
    topics: [TOPICS.acdChanged, TOPICS.tokenRefreshed],
    createConsumer: (kit) => createConsumer({ ...kit, handlers: o.handlers }),
    async prepare(pool: Pool, tenantIds) {
      const changes = Array.from({ length: EVENTS }, (_, n) => n).filter(isChange);
      const acds = changes.map((n) => ({ ...changeOf(n, tenantIds[n % tenantIds.length]!), revision: 1 }));
      const events = acds.map((payload) => ({ payload }));
      await o.handlers['acd-changed'](events as unknown as Parameters<(typeof o.handlers)['acd-changed']>[0], pool);
      // The last turn failed, and nothing is due by itself.
      await pool.query(`UPDATE ${o.table} SET failures = 1, ${o.dueColumn} = $1`, [NEVER_MS]);
      await pool.query(LEDGER);
      await pool.query(`CREATE TRIGGER of_due AFTER UPDATE OF ${o.dueColumn} ON ${o.table}
        FOR EACH ROW WHEN (NEW.${o.dueColumn} = 0) EXECUTE FUNCTION note_due()`);
    },
    event(n, tenantId) {
      if (isChange(n)) return { topic: TOPICS.acdChanged, payload: changeOf(n, tenantId) };
      const token = { tenantId, acdId: acdIdOf(n - 3), version: 1, occurredAtMs: AT_MS };
      const payload = { ...token, accessTokenExpiresAtMs: AT_MS, refreshTokenExpiresAtMs: AT_MS };
      return { topic: TOPICS.tokenRefreshed, payload };
    },
    refusedEvent: (n, tenantId) => ({
      topic: TOPICS.acdChanged,
      payload: { ...changeOf(n, tenantId), name: 'refused \u0000' },
    }),
    async effects(pool: Pool) {
      const { rows } = await pool.query<{ n: number }>(EFFECTS);
      return rows.map((row) => row.n);
    },
  };
}

const LEDGER = `
  CREATE TABLE changed (n integer NOT NULL, acd_id uuid NOT NULL, done_in xid8 NOT NULL);
  CREATE TABLE made_due (acd_id uuid NOT NULL, done_in xid8 NOT NULL);
  CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO changed VALUES ((NEW.configuration->>'name')::integer, NEW.acd_id, pg_current_xact_id());
    RETURN NULL; END $$;
  CREATE FUNCTION note_due() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO made_due VALUES (NEW.acd_id, pg_current_xact_id());
    RETURN NULL; END $$;
  CREATE TRIGGER of_change AFTER INSERT OR UPDATE ON acd FOR EACH ROW EXECUTE FUNCTION note_change();`;

// What was made due in a transaction that changed no ACD was so by a token; a token that comes again does no more.
// A change must have made its ACD due as well.
const EFFECTS = `
  SELECT n FROM changed c WHERE EXISTS (SELECT FROM made_due d WHERE d.acd_id = c.acd_id AND d.done_in = c.done_in)
  UNION ALL
  SELECT DISTINCT right(acd_id::text, 12)::integer + 3 FROM made_due d
  WHERE NOT EXISTS (SELECT FROM changed c WHERE c.acd_id = d.acd_id AND c.done_in = d.done_in)`;
