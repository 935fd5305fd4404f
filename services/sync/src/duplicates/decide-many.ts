import { ProblemError, type ProblemOptions } from '@wxcc-wfo/service-kit';
import type { EditDeps } from '../users/edit-user.ts';
import { findDuplicate } from './duplicate-repository.ts';
import { dismissDuplicate, mergeDuplicate } from './merge-items.ts';
import { findMergeOfPair } from './merge-repository.ts';

interface Caller {
  tenantId: string;
  subject: string;
}

/** What became of one candidate of many; `done-before`: it was decided so already, by this request's like or another. */
export interface Decided {
  duplicateId: string;
  outcome: 'done' | 'done-before' | 'refused';
  mergeId: string | null;
  /** Why it was refused. */
  problem: (ProblemOptions & { title: string }) | null;
}

/**
 * Merges the two of each candidate, the one known longer surviving: a directory that was made anew has one candidate
 * per user (SYNC-07). Each in its own transaction, so what is refused holds nothing else up, and a request that broke off
 * is sent again as it was.
 */
export async function mergeMany(deps: EditDeps, caller: Caller, duplicateIds: readonly string[]): Promise<Decided[]> {
  const decided: Decided[] = [];
  for (const duplicateId of duplicateIds) decided.push(await mergeOne(deps, { ...caller, duplicateId }));
  return decided;
}

/** Dismisses each candidate, in the same way. */
export async function dismissMany(
  deps: EditDeps,
  caller: Caller & { reason: string | null },
  duplicateIds: readonly string[],
): Promise<Decided[]> {
  const decided: Decided[] = [];
  for (const duplicateId of duplicateIds) {
    decided.push(
      await unlessRefused(duplicateId, async () => {
        const isNew = await dismissDuplicate(deps, { ...caller, duplicateId });
        return { duplicateId, outcome: isNew ? 'done' : 'done-before', mergeId: null, problem: null };
      }),
    );
  }
  return decided;
}

async function mergeOne(deps: EditDeps, request: Caller & { duplicateId: string }): Promise<Decided> {
  const { duplicateId } = request;
  const before = await mergedBefore(deps, request);
  if (before) return before;
  const decided = await unlessRefused(duplicateId, async () => {
    const { mergeId } = await mergeDuplicate(deps, { ...request, survivorId: undefined });
    return { duplicateId, outcome: 'done', mergeId, problem: null };
  });
  // The same request may have been sent twice: the other one was quicker.
  return decided.outcome === 'refused' ? ((await mergedBefore(deps, request)) ?? decided) : decided;
}

async function mergedBefore(
  { pool }: EditDeps,
  key: { tenantId: string; duplicateId: string },
): Promise<Decided | undefined> {
  const found = await findDuplicate(pool, key);
  if (found?.state !== 'merged') return undefined;
  const merge = await findMergeOfPair(pool, [found.older.id, found.newer.id]);
  return merge && { duplicateId: key.duplicateId, outcome: 'done-before', mergeId: merge.mergeId, problem: null };
}

async function unlessRefused(duplicateId: string, decide: () => Promise<Decided>): Promise<Decided> {
  try {
    return await decide();
  } catch (error) {
    // Anything else, such as a database that is away, ends the request: what was decided stays decided.
    if (!(error instanceof ProblemError) || error.statusCode >= 500) throw error;
    return { duplicateId, outcome: 'refused', mergeId: null, problem: error.problem };
  }
}
