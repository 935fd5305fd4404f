import { randomUUID } from 'node:crypto';
import { inTransaction, type ProblemField, type SqlClient } from '@wxcc-wfo/service-kit';
import { appendAudit } from '../audit/audit-repository.ts';
import { conflict, notFound, refused } from '../listing/refusals.ts';
import type { EditDeps } from '../users/edit-user.ts';
import { decideDuplicate, findDuplicate, type ItemKind } from './duplicate-repository.ts';
import { insertMerge, type Merge } from './merge-repository.ts';
import { lockTeams, type MergeableTeamRow, mergeTeamRows, moveTeamUsers } from './merge-teams.ts';
import { lockUsers, mergeUserRows } from './merge-users.ts';

export interface MergeRequest {
  tenantId: string;
  subject: string;
  kind: ItemKind;
  survivorId: string;
  mergedId: string;
}

/** Merges two users, or two teams, of one ACD by hand (SYNC-07); rows, record and events are saved together. */
export async function mergeItems({ pool, clock }: EditDeps, request: MergeRequest): Promise<Merge> {
  return await inTransaction(pool, (tx) => mergeIn(tx, request, clock.nowMs()));
}

/** Merges the two of a candidate; without a word of the caller the one known longer survives. */
export async function mergeDuplicate(
  { pool, clock }: EditDeps,
  request: { tenantId: string; subject: string; duplicateId: string; survivorId: string | undefined },
): Promise<Merge> {
  return await inTransaction(pool, async (tx) => {
    const found = await findDuplicate(tx, request);
    if (!found) throw notFound('duplicate', request.duplicateId, 'GET /v1/duplicates');
    const { kind, older, newer } = found;
    const survivorId = request.survivorId ?? older.id;
    if (survivorId !== older.id && survivorId !== newer.id) {
      const reason = 'It is neither of the two.';
      throw refused('The merge', [{ field: 'survivorId', reason, remedy: `Give ${older.id} or ${newer.id}.` }]);
    }
    const mergedId = survivorId === older.id ? newer.id : older.id;
    return await mergeIn(tx, { ...request, kind, survivorId, mergedId }, clock.nowMs());
  });
}

/** Notes that the two of a candidate are not the same; runs do not report them again. False: it was noted before. */
export async function dismissDuplicate(
  { pool, clock }: EditDeps,
  request: { tenantId: string; subject: string; duplicateId: string; reason: string | null },
): Promise<boolean> {
  return await inTransaction(pool, async (tx) => {
    const found = await findDuplicate(tx, request, true);
    if (!found) throw notFound('duplicate', request.duplicateId, 'GET /v1/duplicates');
    const { kind, older, newer, state } = found;
    if (state === 'dismissed') return false;
    if (state === 'merged') {
      throw conflict({
        title: 'The two were merged',
        detail: 'They are one by now.',
        remedy: `Undo the merge first: GET /v1/merges?itemId=${older.id}.`,
      });
    }
    const nowMs = clock.nowMs();
    const { subject: decidedBy, reason } = request;
    await decideDuplicate(tx, { kind, ids: [older.id, newer.id], state: 'dismissed', decidedBy, reason, nowMs });
    await appendAudit(tx, {
      tenantId: request.tenantId,
      acdId: found.acdId,
      subject: decidedBy,
      action: 'duplicate-dismissed',
      target: { kind: 'duplicate', id: found.duplicateId },
      changes: [{ field: 'state', before: state, after: 'dismissed' }],
      occurredAtMs: nowMs,
    });
    return true;
  });
}

async function mergeIn(tx: SqlClient, request: MergeRequest, nowMs: number): Promise<Merge> {
  const { tenantId, kind, survivorId, mergedId, subject } = request;
  const lock = kind === 'user' ? lockUsers : lockTeams;
  const rows = await lock(tx, [survivorId, mergedId]);
  const rowOf = (id: string) => rows.find((row) => row.id === id && row.tenantId === tenantId);
  const [survivor, merged] = [rowOf(survivorId), rowOf(mergedId)];
  if (!survivor || !merged || survivor.acdId !== merged.acdId || survivorId === mergedId) {
    throw refused('The merge', refusalsOfPair(request, { survivor, merged }));
  }
  refuseMerged(kind, survivor);
  refuseMerged(kind, merged);
  if (kind === 'team') refuseDefault(merged as MergeableTeamRow);
  const mergeId = randomUUID();
  const o = { mergeId, tenantId, survivorId, mergedId, nowMs };
  const snapshot = kind === 'user' ? await mergeUserRows(tx, o) : await mergeTeamRows(tx, o);
  const ids = [survivorId, mergedId] as const;
  const duplicateId = await decideDuplicate(tx, {
    kind,
    ids,
    state: 'merged',
    decidedBy: subject,
    reason: null,
    nowMs,
  });
  const record = { mergeId, tenantId, acdId: survivor.acdId, kind, survivorId, mergedId, duplicateId, snapshot };
  const merge = await insertMerge(tx, { ...record, mergedAtMs: nowMs, mergedBy: subject });
  if (kind === 'team') await moveTeamUsers(tx, o);
  await appendAudit(tx, {
    tenantId,
    acdId: survivor.acdId,
    subject,
    action: `${kind}s-merged`,
    target: { kind: 'merge', id: mergeId },
    changes: [{ field: 'mergedInto', before: null, after: { survivorId, mergedId } }],
    occurredAtMs: nowMs,
  });
  return merge;
}

interface Row {
  id: string;
  acdId: string;
  mergedIntoId: string | null;
}

function refusalsOfPair(
  { kind, survivorId, mergedId }: MergeRequest,
  { survivor, merged }: { survivor: Row | undefined; merged: Row | undefined },
): ProblemField[] {
  const remedy = `Take ids from GET /v1/${kind}s.`;
  if (survivorId === mergedId) return [{ field: 'mergedId', reason: `It is the same ${kind}.`, remedy }];
  const unknown = [
    ...(survivor ? [] : [{ field: 'survivorId', reason: `The tenant has no ${kind} ${survivorId}.`, remedy }]),
    ...(merged ? [] : [{ field: 'mergedId', reason: `The tenant has no ${kind} ${mergedId}.`, remedy }]),
  ];
  if (unknown.length > 0) return unknown;
  const reason = `The two are ${kind}s of different ACDs.`;
  return [{ field: 'mergedId', reason, remedy: `Merge ${kind}s of one ACD only.` }];
}

function refuseMerged(kind: ItemKind, row: Row): void {
  if (row.mergedIntoId === null) return;
  throw conflict({
    title: `The ${kind} was merged already`,
    detail: `${row.id} was merged into ${row.mergedIntoId}, which stands for it.`,
    remedy: `Merge ${row.mergedIntoId} instead, or undo that merge first (GET /v1/merges?itemId=${row.id}).`,
  });
}

function refuseDefault(team: MergeableTeamRow): void {
  if (!team.isDefault) return;
  throw conflict({
    title: 'The default team cannot be merged into another',
    detail: `“${team.name}” is the team that new users join (SYNC-02).`,
    remedy: `Let it be the surviving one, or name another default team first: PATCH /v1/acds/${team.acdId}/sync-settings.`,
  });
}
