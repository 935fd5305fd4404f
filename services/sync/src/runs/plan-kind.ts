import type { SqlClient } from '@wxcc-wfo/service-kit';
import type { Decision, Planned } from '../reconcile/decision.ts';
import { type DirectoryKind, type DirectorySource, itemIdOf, type Refused } from '../reconcile/directory-kinds.ts';
import type { ItemIds } from '../reconcile/known-repository.ts';
import type { StoredChange } from './change-repository.ts';
import { count, type KindCounts } from './run-policy.ts';

export interface PlanKindDeps {
  acdId: string;
  source: DirectorySource;
  sql: SqlClient;
  signal: AbortSignal;
  counts: KindCounts;
  /** Writes rows of the plan, and the counts; called for every chunk, those without changes as well. */
  write(changes: Omit<StoredChange, 'seq' | 'outcome'>[]): Promise<void>;
  onRefused(refused: Refused): void;
}

/** Pages are compared with the database in chunks of at least so many. */
const CHUNK = 500;
const PRESENT_PAGE = 2_000;
/** Beyond so many the brake asks a person, who is quicker than so many questions. */
const MOST_ASKED_AGAIN = 2_000;

/**
 * Reads one kind to its end, chunk by chunk, and plans what differs; what is missing is concluded last, from a listing
 * that came to its proven end (SYNC-06). Nothing is kept in memory but ids.
 * @throws what the listing throws: then nothing is concluded of what it did not name
 */
export async function planKind<S extends { webexId: string }, K extends { itemId: string; webexId: string }>(
  deps: PlanKindDeps,
  kind: DirectoryKind<S, K>,
): Promise<void> {
  const seenIds = new Set<string>();
  for await (const chunk of chunksOf(kind.pages(deps.source, deps.signal))) {
    for (const { webexId } of chunk) seenIds.add(webexId);
    await planSeen(deps, kind, chunk);
  }
  await planMissing(deps, kind, seenIds);
}

async function planSeen<S extends { webexId: string }, K extends { itemId: string; webexId: string }>(
  deps: PlanKindDeps,
  kind: DirectoryKind<S, K>,
  chunk: (S | Refused)[],
): Promise<void> {
  const { acdId, counts } = deps;
  const ids = chunk.map(({ webexId }) => webexId);
  const known = new Map((await kind.known.find(deps.sql, acdId, ids)).map((item) => [item.webexId, item]));
  counts.seen += chunk.length;
  const changes = [];
  for (const seen of chunk) {
    if ('refusal' in seen) {
      counts.refused += 1;
      deps.onRefused(seen);
      continue;
    }
    const stored = known.get(seen.webexId);
    const decision = kind.decide(seen, stored ?? null);
    count(counts, decision);
    if (decision.kind !== 'planned') continue;
    const itemId = stored?.itemId ?? itemIdOf(acdId, kind.kind, seen.webexId);
    changes.push(changeOf(decision, { kind: kind.kind, itemId, webexId: seen.webexId, name: kind.nameOf(seen) }));
  }
  await deps.write(changes);
}

async function planMissing<S extends { webexId: string }, K extends { itemId: string; webexId: string }>(
  deps: PlanKindDeps,
  kind: DirectoryKind<S, K>,
  seenIds: Set<string>,
): Promise<void> {
  const { acdId, sql, signal } = deps;
  let asked = 0;
  for (let afterItemId: string | null = null; ; ) {
    const page: ItemIds[] = await kind.known.listPresentIds(sql, { acdId, afterItemId, limit: PRESENT_PAGE });
    const missing = page.map(({ webexId }) => webexId).filter((webexId) => !seenIds.has(webexId));
    if (kind.findAgain && missing.length > 0 && asked + missing.length <= MOST_ASKED_AGAIN) {
      asked += missing.length;
      const found = await kind.findAgain(deps.source, missing, signal);
      for (const { webexId } of found) seenIds.add(webexId);
      if (found.length > 0) await planSeen(deps, kind, found);
    }
    const gone = missing.filter((webexId) => !seenIds.has(webexId));
    if (gone.length > 0) await planGone(deps, kind, await kind.known.find(sql, acdId, gone));
    if (page.length < PRESENT_PAGE) return;
    afterItemId = page.at(-1)!.itemId;
  }
}

async function planGone<S extends { webexId: string }, K extends { itemId: string; webexId: string }>(
  deps: PlanKindDeps,
  kind: DirectoryKind<S, K>,
  gone: K[],
): Promise<void> {
  const changes = [];
  for (const item of gone) {
    const decision: Decision = kind.decideMissing(item);
    if (decision.kind !== 'planned') continue;
    count(deps.counts, decision);
    const { itemId, webexId } = item;
    changes.push(changeOf(decision, { kind: kind.kind, itemId, webexId, name: kind.nameOf(item) }));
  }
  if (changes.length > 0) await deps.write(changes);
}

function changeOf(
  planned: Planned,
  item: Pick<StoredChange, 'kind' | 'itemId' | 'webexId' | 'name'>,
): Omit<StoredChange, 'seq' | 'outcome'> {
  const { change, reasons, before, after } = planned;
  return { ...item, name: item.name.slice(0, 500), change, reasons, before, after };
}

async function* chunksOf<T>(pages: AsyncIterable<T[]>): AsyncIterable<T[]> {
  let chunk: T[] = [];
  try {
    for await (const page of pages) {
      chunk.push(...page);
      if (chunk.length < CHUNK) continue;
      yield chunk;
      chunk = [];
    }
  } catch (error) {
    // What was read is true, whatever became of the rest.
    if (chunk.length > 0) yield chunk;
    throw error;
  }
  if (chunk.length > 0) yield chunk;
}
