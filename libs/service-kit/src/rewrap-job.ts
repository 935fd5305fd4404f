import type { Logger } from './logger.ts';
import { defineMetrics } from './metrics.ts';
import type { SqlClient } from './pool.ts';
import { repeat } from './repeat.ts';
import { type SealedRow, type SealedRows, type SealedTarget, sealedRows } from './rewrap-repository.ts';
import { SealError, type Sealer } from './sealer.ts';

export const rewrapMetrics = {
  sealed_texts_rewrapped_total: {
    kind: 'counter',
    unit: '{text}',
    help: 'Sealed texts that were sealed anew under the current key. `overtaken`: somebody wrote a newer one first, which is harmless.',
    labels: ['table', 'column', 'outcome'],
  },
  sealed_texts_of_other_keys: {
    kind: 'observed',
    unit: '{text}',
    help: 'Sealed texts that need another key than the current one. Above 0 long after a rotation: see GET /v1/key-rotation.',
    labels: ['table', 'column'],
  },
  sealed_texts_unopenable: {
    kind: 'observed',
    unit: '{text}',
    help: 'Sealed texts that did not open at the last pass. Above 0: put the key back that the log names.',
    labels: ['table', 'column'],
  },
} as const;

/** What is left to be sealed anew in one column. */
export interface TargetRotation {
  table: string;
  column: string;
  remaining: number;
  /** By the id of the key that sealed them. */
  byKeyId: Record<string, number>;
  /** At this process's last pass; they are left as they are. */
  unopenable: number;
}

export interface KeyRotation {
  currentKeyId: string;
  /** Other keys of this process's keyring under which nothing is sealed any more. */
  retirableKeyIds: string[];
  /** Keys that something is sealed under and that this process has not been given. */
  missingKeyIds: string[];
  targets: TargetRotation[];
}

export interface RewrapJob {
  start(): void;
  /** Lets the text under way end; the next start goes on with what is left. */
  stop(): Promise<void>;
  /** One pass over all targets, as `start` does it again and again. */
  runOnce(signal?: AbortSignal): Promise<void>;
  /** As the database has it now, whichever replica did the work. */
  status(): Promise<KeyRotation>;
}

interface Target {
  definition: SealedTarget;
  rows: SealedRows;
  labels: { table: string; column: string };
  remaining: number;
  unopenable: number;
}

const BATCH = 200;
const CHECK_EVERY_MS = 60_000;

/**
 * Seals anew, under the current key, what another key of the keyring has sealed: online, in batches in the order of the
 * primary key, each text by a statement of its own that replaces exactly what was read. So a newer write always stays,
 * a kill loses nothing, the next pass goes on with what is left, and replicas do no harm to each other (AUTH-06).
 * A text that does not open is counted, named in the log by its key columns, and left. Looks again every minute: a
 * replica that still has the keyring of before may seal something under the old key.
 */
export function createRewrapJob(o: {
  pool: SqlClient;
  sealer: Sealer;
  targets: readonly SealedTarget[];
  logger: Logger;
  checkEveryMs?: number;
  batchSize?: number;
}): RewrapJob {
  const { pool, sealer, logger } = o;
  const metrics = defineMetrics(rewrapMetrics);
  const targets = o.targets.map((definition): Target => {
    const labels = { table: definition.table, column: definition.column };
    return { definition, labels, rows: sealedRows(definition), remaining: 0, unopenable: 0 };
  });
  let running: ReturnType<typeof repeat> | undefined;

  async function runOnce(signal?: AbortSignal): Promise<void> {
    for (const target of targets) if (!signal?.aborted) await rewrapTarget(target, signal);
    const each = (value: (target: Target) => number) => () =>
      targets.map((target) => ({ value: value(target), attributes: target.labels }));
    metrics.sealed_texts_of_other_keys.observe(each((target) => target.remaining));
    metrics.sealed_texts_unopenable.observe(each((target) => target.unopenable));
  }

  async function rewrapTarget(target: Target, signal?: AbortSignal): Promise<void> {
    const keyIds = Object.keys(await target.rows.countByOtherKey(pool, sealer.currentKeyId));
    const closed: { key: unknown[]; error: SealError }[] = [];
    let rewrapped = 0;
    let after: unknown[] | null = null;
    const limit = o.batchSize ?? BATCH;
    while (keyIds.length > 0 && !signal?.aborted) {
      const page: SealedRow[] = await target.rows.page(pool, { keyIds, after, limit });
      for (const one of page) {
        if (signal?.aborted) break;
        const error = await rewrapOne(target, one);
        if (error) closed.push({ key: one.key, error });
        else rewrapped++;
      }
      if (page.length < limit) break;
      after = page.at(-1)!.key;
    }
    report(target, { rewrapped, closed });
    target.remaining = Object.values(await target.rows.countByOtherKey(pool, sealer.currentKeyId)).reduce(add, 0);
  }

  /** Gives the error of a text that does not open. */
  async function rewrapOne({ definition, rows, labels }: Target, one: SealedRow): Promise<SealError | undefined> {
    let by: string;
    try {
      by = sealer.rewrap(one.sealed, definition.binding(one.row));
    } catch (error) {
      if (error instanceof SealError) return error;
      throw error;
    }
    const replaced = await rows.replace(pool, { key: one.key, sealed: one.sealed, by });
    metrics.sealed_texts_rewrapped_total.add(1, { ...labels, outcome: replaced ? 'rewrapped' : 'overtaken' });
    return undefined;
  }

  function report(target: Target, done: { rewrapped: number; closed: { key: unknown[]; error: SealError }[] }): void {
    const { labels } = target;
    if (done.rewrapped > 0) {
      const line = { ...labels, count: done.rewrapped, sealingKeyId: sealer.currentKeyId };
      logger.info(line, 'sealed anew under the current key');
    }
    // Every minute for as long as it lasts: said when it changes.
    if (done.closed.length > 0 && done.closed.length !== target.unopenable) {
      const rows = done.closed.slice(0, 5).map(({ key, error }) => ({ id: key.join(':'), reason: error.message }));
      logger.error(
        { ...labels, count: done.closed.length, rows },
        'sealed texts do not open; they are left as they are',
      );
    }
    target.unopenable = done.closed.length;
  }

  return {
    runOnce,
    start() {
      running ??= repeat({
        name: 'key rotation',
        pauseMs: o.checkEveryMs ?? CHECK_EVERY_MS,
        logger,
        async turn(signal) {
          await runOnce(signal);
          return false;
        },
      });
    },
    stop: async () => running?.stop(),
    async status() {
      const shown: TargetRotation[] = [];
      for (const { labels, rows, unopenable } of targets) {
        const byKeyId = await rows.countByOtherKey(pool, sealer.currentKeyId);
        const remaining = Object.values(byKeyId).reduce(add, 0);
        shown.push({ ...labels, remaining, byKeyId, unopenable: Math.min(unopenable, remaining) });
      }
      const inUse = new Set(shown.flatMap(({ byKeyId }) => Object.keys(byKeyId)));
      const isRetirable = (id: string) => id !== sealer.currentKeyId && !inUse.has(id);
      return {
        currentKeyId: sealer.currentKeyId,
        retirableKeyIds: sealer.keyIds.filter(isRetirable),
        missingKeyIds: [...inUse].filter((id) => !sealer.keyIds.includes(id)).sort(),
        targets: shown,
      };
    },
  };
}

const add = (a: number, b: number): number => a + b;
