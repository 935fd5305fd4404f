import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@wxcc-wfo/testkit';
import { type ImportedTenant, startImportedTenant } from './imported-tenant.ts';

let t: ImportedTenant;
beforeAll(async () => {
  t = await startImportedTenant();
});
afterAll(() => t?.close());
afterEach(() => t.simulator.tenant.faults.reset());

describe('over HTTP, with real imports behind it', () => {
  it('MED-08 lists what waits with the reason', async () => {
    const { taskId } = t.call();
    t.fault({ kind: 'corrupt-download', afterBytes: 8 });
    await t.end(taskId);
    const item = await waitFor('the reason', async () => {
      const { items } = (await (await t.get('/v1/imports?state=waiting')).json()) as {
        items: Record<string, unknown>[];
      };
      return items.find((one) => one.taskId === taskId && one.code);
    });
    expect(item).toMatchObject({ acdId: t.acd.acdId, state: 'waiting', code: 'not-a-recording' });
    expect(item.reason).toMatch(/RIFF|WAVE/);
    t.simulator.tenant.faults.reset();
    expect((await t.get(`/v1/imports/${t.acd.acdId}/${taskId}/retry`, t.deployment.keys.own, 'POST')).status).toBe(202);
    await t.stored(taskId);
  });

  it('shows imports and keys to those only whose they are', async () => {
    const { taskId } = t.call();
    await t.end(taskId);
    const [event] = await t.stored(taskId);
    const list = '/v1/imports?state=waiting&limit=500';
    const foreign = (await (await t.get(list, t.deployment.keys.foreign)).json()) as { items: unknown[] };
    expect(foreign.items).toEqual([]);
    expect((await t.get(list, t.deployment.keys.narrow)).status).toBe(403);
    const retry = `/v1/imports/${t.acd.acdId}/${taskId}/retry`;
    expect((await t.get(retry, t.deployment.keys.foreign, 'POST')).status).toBe(404);
    const key = `/v1/recordings/${event!.recordingId}/generations/1/key`;
    expect((await t.get(key, t.deployment.keys.own)).status).toBe(200);
    expect((await t.get(key, t.deployment.keys.foreign)).status).toBe(404);
    expect((await t.get(key, t.deployment.keys.narrow)).status).toBe(403);
    expect((await t.get(key, 'wfo_nobody_0')).status).toBe(401);
    expect((await t.get(`/v1/recordings/${event!.recordingId}/generations/2/key`)).status).toBe(404);
    const { rows } = await t.database.pool.query('SELECT sealed_key FROM recording_generation');
    const plain = (await t.keyOf(event!)).toString('base64');
    expect(rows.map((row) => row.sealed_key).join()).not.toContain(plain);
  });

  it('pages through the list of imports', async () => {
    for (const { taskId } of [t.call(), t.call(), t.call()]) {
      await t.end(taskId);
      await t.stored(taskId);
    }
    const all: string[] = [];
    let next: string | null = '';
    while (next !== null) {
      const after: string = next ? `&after=${encodeURIComponent(next)}` : '';
      const page = (await (await t.get(`/v1/imports?state=waiting&limit=2${after}`)).json()) as {
        items: { taskId: string }[];
        next: string | null;
      };
      all.push(...page.items.map((one) => one.taskId));
      next = page.next;
    }
    const { rows } = await t.database.pool.query(`SELECT task_id FROM import_job WHERE state = 'waiting'`);
    expect(all.sort()).toEqual(rows.map((row) => row.task_id).sort());
    expect(all.length).toBeGreaterThanOrEqual(3);
    expect((await t.get('/v1/imports?after=nonsense')).status).toBe(400);
  });

  it('refuses a webhook that is not signed with the ACD’s secret', async () => {
    const answer = await fetch(`${t.replica.url}/v1/webhooks/media-import/${t.acd.acdId}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-webexcc-signature': '0'.repeat(64) },
      body: '{}',
    });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      code: 'signature-refused',
      field: 'headers/x-webexcc-signature',
      remedy: expect.any(String),
    });
  });
});
