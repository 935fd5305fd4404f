import { inTransaction } from '@wxcc-wfo/service-kit';
import { appendAudit } from '../audit/audit-repository.ts';
import { conflict, notFound } from '../listing/refusals.ts';
import type { EditDeps } from '../users/edit-user.ts';
import { decideDuplicate } from './duplicate-repository.ts';
import { findLaterMerge, findMerge, type Merge, noteUndone } from './merge-repository.ts';
import { lockTeams, undoTeamRows } from './merge-teams.ts';
import { lockUsers, undoUserRows } from './merge-users.ts';

/** Takes a merge back (SYNC-07): both are as before, plus what was changed since. The last merge of a thing goes first. */
export async function undoMerge(
  { pool, clock }: EditDeps,
  request: { tenantId: string; subject: string; mergeId: string },
): Promise<Merge> {
  return await inTransaction(pool, async (tx) => {
    const known = await findMerge(tx, request);
    if (!known) throw notFound('merge', request.mergeId, 'GET /v1/merges');
    // Rows before the record, in the order in which merging takes them.
    await (known.kind === 'user' ? lockUsers : lockTeams)(tx, [known.survivorId, known.mergedId]);
    const merge = (await findMerge(tx, request, true))!;
    if (merge.state === 'undone') return merge;
    const later = await findLaterMerge(tx, merge);
    if (later) {
      throw conflict({
        title: 'A later merge comes first',
        detail: `${later.mergedId} was merged into ${later.survivorId} afterwards.`,
        remedy: `Undo that one first: POST /v1/merges/${later.mergeId}/undo.`,
      });
    }
    const nowMs = clock.nowMs();
    await (merge.kind === 'user' ? undoUserRows : undoTeamRows)(tx, merge, nowMs);
    const { kind, survivorId, mergedId, tenantId, acdId } = merge;
    const reason = 'The merge was undone.';
    const ids = [survivorId, mergedId] as const;
    await decideDuplicate(tx, { kind, ids, state: 'open', decidedBy: request.subject, reason, nowMs });
    await appendAudit(tx, {
      tenantId,
      acdId,
      subject: request.subject,
      action: `${kind}-merge-undone`,
      target: { kind: 'merge', id: merge.mergeId },
      changes: [{ field: 'mergedInto', before: { survivorId, mergedId }, after: null }],
      occurredAtMs: nowMs,
    });
    return await noteUndone(tx, merge.mergeId, { by: request.subject, nowMs });
  });
}
