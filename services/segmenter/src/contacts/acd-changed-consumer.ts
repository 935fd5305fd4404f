import { type BatchHandler, done } from '@wxcc-wfo/bus';

/** Which ACDs are deleted, for their contacts to give way to those of a new connection; a deletion lasts (ACD-05). */
export const rememberDeletedAcds: BatchHandler<'acd-changed'> = async (events, tx) => {
  const deleted = new Map(
    events.filter(({ payload }) => payload.deleted).map(({ payload }) => [payload.acdId, payload]),
  );
  if (deleted.size > 0) {
    const acds = [...deleted.values()].sort((a, b) => (a.acdId < b.acdId ? -1 : 1));
    await tx.query(
      'INSERT INTO deleted_acd (acd_id, tenant_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING',
      [acds.map(({ acdId }) => acdId), acds.map(({ tenantId }) => tenantId)],
    );
  }
  return events.map(() => done);
};
