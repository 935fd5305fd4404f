import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { channelOf, decodeMarkers } from '../index.ts';
import { signedIn, type TestClient } from '../testing/test-client.ts';

const UNKNOWN = '8e18afdf-db79-449b-b4f5-ee4f14d9f45e';

interface Listed {
  segment: boolean;
  attributes: { filePath: string; startTime: number; stopTime: number; participants: string[]; channel1: string };
}

describe('captures and their files', () => {
  let client: TestClient;
  let nowMs = Date.now();
  let taskId = '';
  beforeAll(async () => {
    client = await signedIn({ now: () => nowMs });
    const steps = [
      { do: 'answer', agent: 1, ringMs: 600 },
      { do: 'talk', ms: 3_000 },
      { do: 'blind-transfer', agent: 2, ringMs: 2_000 },
      { do: 'talk', ms: 2_000 },
    ];
    taskId = (
      await client.control('POST', '/control/tasks', { steps, endedMs: nowMs - 60_000, origin: '+14155551234' })
    ).taskId;
  });
  afterAll(() => client.simulator.close());

  const query = (body: object) => client.send('POST', '/v1/captures/query', { query: body });
  const list = async (more: object = {}): Promise<Listed[]> => {
    const answer = (await (await query({ taskIds: [taskId], ...more })).json()) as { data: [{ recording: Listed[] }] };
    return answer.data[0].recording;
  };

  it('lists the whole recording, and the segments of each agent on request', async () => {
    expect((await list()).map((one) => one.segment)).toEqual([false]);
    expect((await list({ includeSegments: true })).map((one) => one.segment)).toEqual([false, true, true]);
    const [main] = await list();
    const agents = client.simulator.story.directory.agents;
    expect(main!.attributes.participants).toEqual([agents[1]!.ciUserId, agents[2]!.ciUserId, '+141****1234']);
  });

  it('answers an unknown task with 200 and empty arrays', async () => {
    const answer = await query({ taskIds: [UNKNOWN, taskId], urlExpiration: 30 });
    expect(answer.status).toBe(200);
    const body = (await answer.json()) as { meta: unknown; data: unknown[] };
    expect(body.meta).toEqual({ orgId: client.simulator.tenant.options.orgId, urlExpiration: 30 });
    expect(body.data[0]).toEqual({ taskId: UNKNOWN, recording: [], transcription: [] });
  });

  it('does not know a recording before it is available', async () => {
    const steps = [
      { do: 'answer', agent: 0 },
      { do: 'talk', ms: 2_000 },
    ];
    const task = await client.control('POST', '/control/tasks', { steps, endedMs: nowMs, recordingDelayMs: 5_000 });
    const count = async () =>
      ((await (await query({ taskIds: [task.taskId] })).json()) as { data: [{ recording: [] }] }).data[0].recording
        .length;
    expect(await count()).toBe(0);
    nowMs += 5_000;
    expect(await count()).toBe(1);
  });

  it.each<[string, object]>([
    ['no tasks', { taskIds: [] }],
    [
      'eleven tasks',
      {
        taskIds: Array.from(
          { length: 11 },
          (_, n) => `8e18afdf-db79-449b-b4f5-ee4f14d9f4${String(n).padStart(2, '0')}`,
        ),
      },
    ],
    ['one task twice', { taskIds: [UNKNOWN, UNKNOWN] }],
    ['an id that is no UUID', { taskIds: ['abc'] }],
    ['no time', { taskIds: [UNKNOWN], urlExpiration: 0 }],
    ['more than an hour', { taskIds: [UNKNOWN], urlExpiration: 61 }],
  ])('refuses %s with 400', async (_, body) => {
    expect((await query(body)).status).toBe(400);
  });

  it('opens a file without a bearer only, whole or in ranges, at its exact length', async () => {
    const [main] = await list();
    const { filePath, startTime, stopTime } = main!.attributes;
    const whole = await fetch(filePath);
    const file = Buffer.from(await whole.arrayBuffer());
    expect(whole.headers.get('content-length')).toBe(String(44 + (stopTime - startTime) * 32));
    expect(file.length).toBe(44 + (stopTime - startTime) * 32);
    const part = await fetch(filePath, { headers: { range: 'bytes=1000-1999' } });
    expect([part.status, part.headers.get('content-range')]).toEqual([206, `bytes 1000-1999/${file.length}`]);
    expect(Buffer.from(await part.arrayBuffer()).equals(file.subarray(1_000, 2_000))).toBe(true);
    const tail = await fetch(filePath, { headers: { range: 'bytes=-500' } });
    expect(Buffer.from(await tail.arrayBuffer()).equals(file.subarray(-500))).toBe(true);
    expect((await fetch(filePath, { headers: { range: `bytes=${file.length}-` } })).status).toBe(416);
    const withBearer = await fetch(filePath, { headers: { authorization: `Bearer ${client.token}` } });
    expect(withBearer.status).toBe(400);
    const samples = new Int16Array(file.buffer.slice(file.byteOffset + 44, file.byteOffset + file.length));
    const agents = decodeMarkers(channelOf(samples, 1)).map((one) => one.agentNumber);
    expect([...new Set(agents)]).toEqual([1, undefined, 2]);
  });

  it('closes an address when it expires or was altered', async () => {
    const [main] = await list({ urlExpiration: 1 });
    const { filePath } = main!.attributes;
    expect((await fetch(filePath.replace('Signature=', 'Signature=00'))).status).toBe(403);
    nowMs += 60_000;
    const late = await fetch(filePath);
    expect(late.status).toBe(403);
    expect(await late.text()).toContain('<Code>AccessDenied</Code><Message>Request has expired</Message>');
  });

  it('sends cut, truncated and corrupted files on request', async () => {
    const [main] = await list();
    const { filePath } = main!.attributes;
    const good = Buffer.from(await (await fetch(filePath)).arrayBuffer());
    await client.control('POST', '/control/faults', { kind: 'cut-download', count: 1, afterBytes: 70_000 });
    await expect(fetch(filePath).then((answer) => answer.arrayBuffer())).rejects.toThrow();
    await client.control('POST', '/control/faults', { kind: 'truncate-download', count: 1, afterBytes: 70_000 });
    expect((await (await fetch(filePath)).arrayBuffer()).byteLength).toBe(70_000);
    await client.control('POST', '/control/faults', { kind: 'corrupt-download', count: 1, afterBytes: 66_000 });
    const bad = Buffer.from(await (await fetch(filePath)).arrayBuffer());
    expect(bad.length).toBe(good.length);
    expect(bad.findIndex((byte, n) => byte !== good[n])).toBe(66_000);
    expect(Buffer.from(await (await fetch(filePath)).arrayBuffer()).equals(good)).toBe(true);
  });

  it('lets a file stand still until the fault is switched off, or drip, over an open connection', async () => {
    const [main] = await list();
    const { filePath } = main!.attributes;
    const good = Buffer.from(await (await fetch(filePath)).arrayBuffer());
    await client.control('POST', '/control/faults', { kind: 'slow-download', count: 1, afterBytes: 70_000 });
    const still = (await fetch(filePath)).body!.getReader();
    const got: Uint8Array[] = [];
    while (Buffer.concat(got).length < 70_000) got.push((await still.read()).value!);
    expect(Buffer.concat(got).length).toBe(70_000);
    let came = false;
    const next = still.read().then(({ value }) => {
      came = true;
      return value!;
    });
    await (await fetch(filePath)).arrayBuffer(); // a whole download fits in between
    expect(came).toBe(false);
    await client.control('DELETE', '/control/faults');
    got.push(await next);
    for (let part = await still.read(); !part.done; part = await still.read()) got.push(part.value);
    expect(Buffer.concat(got).equals(good)).toBe(true);

    const drip = { kind: 'slow-download', count: 1, afterBytes: good.length - 300, bytesPerSecond: 1_000 };
    await client.control('POST', '/control/faults', drip);
    const startMs = performance.now();
    expect(Buffer.from(await (await fetch(filePath)).arrayBuffer()).equals(good)).toBe(true);
    // Three drips of 100 bytes, a tenth of a second before each.
    expect(performance.now() - startMs).toBeGreaterThan(280);
  });

  const sample = new URL(
    '../../../../../shared/reference/webex/samples/captures-response-spec-example.json',
    import.meta.url,
  );
  const sampled = existsSync(sample) ? it : it.skip;
  sampled(
    `has the fields and types of the published example${existsSync(sample) ? '' : ' (skipped: ../shared is absent)'}`,
    async () => {
      const published = JSON.parse(readFileSync(sample, 'utf8')).data[0].recording[0];
      const [ours] = await list();
      const typesOf = (value: object) =>
        Object.fromEntries(Object.entries(value).map(([key, one]) => [key, Array.isArray(one) ? 'array' : typeof one]));
      const { sensitive: _, ...attributes } = typesOf(published.attributes);
      expect(typesOf(ours!.attributes)).toEqual(attributes);
      expect(typesOf(ours!)).toEqual(typesOf(published));
    },
  );
});
