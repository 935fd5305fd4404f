import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readRoleReports } from '@wxcc-wfo/acd';
import { type AcdChanged, TOPICS } from '@wxcc-wfo/contracts';
import { testAddresses, waitFor } from '@wxcc-wfo/testkit';
import { Redis } from 'ioredis';
import { type ImportedTenant, startImportedTenant } from './imported-tenant.ts';
import { anAcd, aTaskEnded } from './media-import-database.ts';

let t: ImportedTenant;
beforeAll(async () => {
  t = await startImportedTenant();
});
afterAll(() => t?.close());

describe('who works for the ACD', () => {
  let revision = 1;
  const change = (changes: Partial<AcdChanged>) =>
    t.replica.publish({ topic: TOPICS.acdChanged, payload: { ...t.acd, ...changes, revision: ++revision } });
  const servedBy = (mediaImport: string | null) => ({
    dataServers: { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport },
  });
  const subscriptions = () => t.simulator.tenant.subscriptions.list(2).length;
  const isKnown = (name: string | null) =>
    waitFor('the change', async () => {
      const { rows } = await t.database.pool.query(
        `SELECT data_servers->>'mediaImport' AS name FROM acd WHERE acd_id = $1`,
        [t.acd.acdId],
      );
      return rows[0].name === name;
    });

  it('ACD-04 another data server: its imports wait for the workers there, and are done once they are ours again', async () => {
    await change(servedBy('elsewhere'));
    await isKnown('elsewhere');
    const { taskId } = t.call();
    await t.end(taskId);
    await waitFor('the row', async () => await t.job(taskId));
    // It would have had its turn: an ACD that is ours has had one.
    const witness = anAcd({ apiUrl: t.acd.apiUrl, webexOrgId: t.acd.webexOrgId, tenantId: t.acd.tenantId });
    const other = t.call();
    await t.replica.publish(
      { topic: TOPICS.acdChanged, payload: witness },
      { topic: TOPICS.taskEnded, payload: aTaskEnded(witness, { taskId: other.taskId }) },
    );
    await waitFor('the turn', async () => (await t.job(other.taskId))?.last_code === 'not-authorized');
    expect(await t.job(taskId)).toMatchObject({ state: 'waiting', attempts: 0, last_code: null });
    expect(subscriptions()).toBe(1);
    await t.replica.publish({ topic: TOPICS.acdChanged, payload: { ...witness, revision: 2, deleted: true } });
    await change(servedBy('default'));
    await t.stored(taskId);
    const redis = new Redis(testAddresses.redisUrl);
    const { mediaImport } = (await readRoleReports(redis, [t.acd.acdId])).get(t.acd.acdId)!;
    redis.disconnect();
    expect(mediaImport).toMatchObject({ dataServer: 'default', problem: null, lastSuccessAtMs: expect.any(Number) });
  });

  it('ACD-04 nobody: the subscription is taken back, imports wait, and all of it is there again later', async () => {
    await change(servedBy(null));
    await waitFor('the subscription to be taken back', () => subscriptions() === 0);
    const { taskId } = t.call();
    await t.end(taskId);
    await waitFor('the row', async () => await t.job(taskId));
    expect(await t.job(taskId)).toMatchObject({ attempts: 0 });
    await change(servedBy('default'));
    await t.stored(taskId);
    await waitFor('the subscription', () => subscriptions() === 1);
  });

  it('ACD-05 deleted: nothing is imported any more, the subscription is taken back, the token is gone', async () => {
    await change({ deleted: true });
    await waitFor('the subscription to be taken back', () => subscriptions() === 0);
    const { taskId } = t.call();
    await t.end(taskId);
    await waitFor('the end', async () => (await t.job(taskId))?.state === 'failed');
    expect(await t.job(taskId)).toMatchObject({ attempts: 0 });
    await t.told(taskId, '1 acd-deleted');
    await waitFor('the token to be forgotten', async () => {
      const { rows } = await t.database.pool.query('SELECT FROM access_token WHERE acd_id = $1', [t.acd.acdId]);
      return rows.length === 0;
    });
  });
});
