import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { EVENT_DEFINITIONS, TOPIC_NAMES } from '@wxcc-wfo/contracts';
import type { Pool, PoolClient } from 'pg';
import type { Bus } from './bus.ts';
import { backoffMs, describeError } from './failure-policy.ts';
import { createLimit } from './limit.ts';
import type { Logger } from './logger.ts';
import { OUTBOX_SHARDS } from './outbox.ts';
import { measureBacklog } from './outbox-backlog.ts';
import { createLeaseBook, type LeaseBook } from './relay-lease.ts';
import { createShardRelay, type ShardRelay, type ShardRelayOptions } from './relay-shard.ts';
import { busMetrics } from './telemetry.ts';

export interface RelayOptions {
  bus: Bus;
  /** The pool of the schema that holds the outbox; one connection of it is kept for LISTEN. */
  pool: Pool;
  logger: Logger;
  /** How long a lease lasts without renewal: a killed replica's shards are taken over after it. Default 10 s. */
  leaseMs?: number;
  /** Rows per transaction of the broker. Default 500. */
  batchSize?: number;
  /** Looks for rows at least so often, should a notification be lost. Default 2 s. */
  pollMs?: number;
  /** A send that takes longer is given up (the rows stay) and begun anew. Default 30 s. */
  sendDeadlineMs?: number;
  /** Where siblings reach this service over HTTP. Without it an event larger than 900 kB holds up its shard. */
  publicUrl?: string;
  /** For tests: called between any two steps. */
  onStep?: ShardRelayOptions['onStep'];
}

export interface Relay {
  start(): Promise<void>;
  /**
   * Finishes the batch in flight, hands its leases over, closes its connections. If the broker doesn't answer in time
   * the batch is left behind: its rows stay. Takes no more than a share of the deadline.
   */
  stop(deadlineMs?: number): Promise<void>;
  /** Looks for rows now. */
  wake(): void;
  /** Epoch ms of the last turn of its loop; for liveness. */
  lastTickMs(): number;
  /** Resolves when the outbox has no unpublished rows, whoever relays them. */
  idle(): Promise<void>;
  /** The shards that this replica holds now. */
  shards(): number[];
}

/** One reads its rows while another waits for the broker; more would only hold more rows in memory. */
const TURNS_AT_ONCE = 2;
/** Of the time for a stop: until the batches in flight are left behind, and until all is; the rest is for later steps. */
const SHARE_FOR_FINISHING = 0.4;
const SHARE_FOR_STOPPING = 0.6;
const BLOB_RETENTION_MS = 14 * 24 * 3_600_000;

/**
 * Publishes the rows of the outbox: per shard in id order, at least once, under a fenced lease (rule 2).
 * Survives being killed between any two steps: what was not deleted is sent again.
 */
export function createRelay(o: RelayOptions): Relay {
  const owner = `${hostname().slice(0, 60)}:${process.pid}:${randomUUID().slice(0, 8)}`;
  const leaseMs = o.leaseMs ?? 10_000;
  const leases = createLeaseBook(o.pool, { owner, leaseMs });
  const active = new Map<number, ShardRelay>();
  const stopping = new AbortController();
  const abandoning = new AbortController();
  const limitTurns = createLimit(TURNS_AT_ONCE);
  let lastTickMs = Date.now();
  let loop: Promise<void> | undefined;
  let listener: { close(): void } | undefined;

  async function rebalance(book: LeaseBook): Promise<void> {
    const askedAtMs = performance.now();
    const held = await book.balance();
    const validUntilMs = askedAtMs + leaseMs;
    for (const [shard, relay] of active) {
      if (held.has(shard) && !relay.ended()) relay.renew(validUntilMs);
      else {
        active.delete(shard);
        await relay.stop();
        // Fenced, or more than our share: free it at once instead of letting it expire.
        await book.release(shard);
        held.delete(shard);
      }
    }
    for (const shard of held) {
      if (active.has(shard)) continue;
      active.set(
        shard,
        createShardRelay({
          bus: o.bus,
          pool: o.pool,
          logger: o.logger,
          shard,
          validUntilMs,
          batchSize: o.batchSize ?? 500,
          pollMs: o.pollMs ?? 2_000,
          sendDeadlineMs: o.sendDeadlineMs ?? 30_000,
          publicUrl: o.publicUrl,
          limitTurns,
          abandoned: abandoning.signal,
          onStep: o.onStep,
        }),
      );
    }
  }

  async function run(): Promise<void> {
    let failures = 0;
    let nextObservationMs = 0;
    let nextCleaningMs = 0;
    let observing: Promise<void> | undefined;
    let cleaning: Promise<void> | undefined;
    const toldAs = (what: string) => (error: unknown) => o.logger.debug({ reason: describeError(error) }, what);
    while (!stopping.signal.aborted) {
      lastTickMs = Date.now();
      try {
        await o.onStep?.('balancing', -1);
        await rebalance(leases);
        // Beside the loop: a look at a large backlog must not take the time in which the leases are renewed.
        if (Date.now() >= nextObservationMs && !observing) {
          nextObservationMs = Date.now() + 5_000;
          observing = observe(o.pool)
            .catch(toldAs('the backlog of the outbox could not be measured'))
            .finally(() => {
              observing = undefined;
            });
        }
        if (Date.now() >= nextCleaningMs && !cleaning) {
          nextCleaningMs = Date.now() + 3_600_000;
          cleaning = deleteOldBlobs(o.pool)
            .catch(toldAs('old event blobs could not be deleted'))
            .finally(() => {
              cleaning = undefined;
            });
        }
        failures = 0;
      } catch (error) {
        failures += 1;
        o.logger.warn(
          { reason: describeError(error), failures },
          'the relay cannot reach its database; it tries again',
        );
      }
      const ms = failures > 0 ? backoffMs(failures, { firstMs: 100, maxMs: leaseMs / 3 }) : leaseMs / 4;
      await delay(ms, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await Promise.all([observing, cleaning]);
  }

  const relay: Relay = {
    async start() {
      if (loop) return;
      if (!o.publicUrl) o.logger.warn({}, 'PUBLIC_URL is not set: an event larger than 900 kB would wait until it is');
      listener = listenForRows(o.pool, o.logger, (shards) => {
        for (const shard of shards ?? active.keys()) active.get(shard)?.wake();
      });
      loop = run();
    },
    async stop(deadlineMs = 10_000) {
      stopping.abort();
      listener?.close();
      const orderly = (async () => {
        await loop;
        await Promise.all([...active.values()].map((shard) => shard.stop()));
        active.clear();
        await leases.leave();
      })();
      const finishing = setTimeout(() => abandoning.abort(), deadlineMs * SHARE_FOR_FINISHING);
      const late = delay(deadlineMs * SHARE_FOR_STOPPING, 'late' as const, { ref: false });
      const ended = await Promise.race([orderly.catch((error: unknown) => error), late]);
      clearTimeout(finishing);
      if (ended !== undefined) {
        const reason = ended === 'late' ? 'deadline' : describeError(ended);
        o.logger.warn({ reason }, 'the relay stopped without handing its leases over; they expire');
      }
    },
    wake: () => {
      for (const shard of active.values()) shard.wake();
    },
    lastTickMs: () => lastTickMs,
    async idle() {
      for (;;) {
        const { rows } = await o.pool.query('SELECT 1 FROM outbox LIMIT 1');
        if (rows.length === 0) return;
        await delay(20);
      }
    },
    shards: () => [...active.keys()],
  };
  return relay;
}

/** A compacted topic keeps its records for ever, and so what they refer to. */
async function deleteOldBlobs(pool: Pool): Promise<void> {
  const kept = TOPIC_NAMES.filter((topic) => EVENT_DEFINITIONS[topic].compacted);
  await pool.query('DELETE FROM event_blob WHERE created_at_ms < $1 AND topic <> ALL ($2)', [
    Date.now() - BLOB_RETENTION_MS,
    kept,
  ]);
}

async function observe(pool: Pool): Promise<void> {
  const { unpublished, oldestAtMs } = await measureBacklog(pool);
  busMetrics().bus_outbox_unpublished.record(unpublished);
  busMetrics().bus_outbox_oldest_age_seconds.record(oldestAtMs ? Math.max(0, Date.now() - oldestAtMs) / 1000 : 0);
}

/** Keeps one connection listening; reconnects for ever. `onRows(undefined)` after a gap: anything may have come. */
function listenForRows(pool: Pool, logger: Logger, onRows: (shards: number[] | undefined) => void): { close(): void } {
  const closing = new AbortController();
  let current: PoolClient | undefined;
  void (async () => {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      try {
        const client = await pool.connect();
        current = client;
        // Closed while it waited for the connection: nobody would end the waiting below.
        closing.signal.throwIfAborted();
        const lost = new Promise<Error | undefined>((resolve) => {
          client.once('error', resolve);
          client.once('end', () => resolve(undefined));
          closing.signal.addEventListener('abort', () => resolve(undefined), { once: true });
          // It was asked to close while it waited for a connection.
          if (closing.signal.aborted) resolve(undefined);
        });
        client.on('notification', (message) => onRows(parseShards(message.payload)));
        const { rows } = await client.query<{ channel: string }>(
          `SELECT quote_ident('outbox_' || current_schema()) AS channel`,
        );
        await client.query(`LISTEN ${rows[0]!.channel}`);
        failures = 0;
        onRows(undefined);
        await lost;
        client.removeAllListeners('notification');
        client.release(true);
        current = undefined;
      } catch (error) {
        current?.release(true);
        current = undefined;
        logger.debug({ reason: describeError(error) }, 'the relay cannot listen for new rows; it polls');
      }
      await delay(backoffMs(failures, { firstMs: 50, maxMs: 2_000 }), undefined, { signal: closing.signal }).catch(
        () => undefined,
      );
    }
  })();
  return { close: () => closing.abort() };
}

function parseShards(payload: string | undefined): number[] | undefined {
  if (!payload) return undefined;
  return payload
    .split(',')
    .map(Number)
    .filter((shard) => Number.isInteger(shard) && shard >= 0 && shard < OUTBOX_SHARDS);
}
