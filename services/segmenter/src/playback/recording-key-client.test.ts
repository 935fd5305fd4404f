import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { createRecordingKeys, type RecordingKeyOptions } from './recording-key-client.ts';

const handover = createSealer(parseKeyring(`k1:${newSealingKey()}`));
const key = randomBytes(32);
let server: Server;
let requests: string[] = [];
let answer: (id: string) => { status: number; body: unknown };

beforeAll(async () => {
  server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const { status, body } = answer(request.url?.split('/')[3] ?? '');
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  requests = [];
  answer = (id) => ({ status: 200, body: { sealedKey: handover.seal(key, `recording:${id}:1`) } });
});

const client = (more: Partial<RecordingKeyOptions> = {}) =>
  createRecordingKeys({
    mediaImportUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: 'wfo_test_0123456789012345678901234',
    handover,
    ...more,
  });

describe('keys of recordings', () => {
  it('are fetched once for many askers, and again after five minutes', async () => {
    let nowMs = 0;
    const keys = client({ nowMs: () => nowMs });
    const id = randomUUID();
    const got = await Promise.all([keys(id, 1), keys(id, 1)]);
    expect(got.every((one) => one.equals(key))).toBe(true);
    nowMs = 299_999;
    await keys(id, 1);
    expect(requests).toEqual([`/v1/recordings/${id}/generations/1/key`]);
    nowMs = 300_000;
    await keys(id, 1);
    expect(requests).toHaveLength(2);
  });

  it('are asked for below whatever path media-import has', async () => {
    const { port } = server.address() as AddressInfo;
    answer = () => ({ status: 404, body: {} });
    const id = randomUUID();
    await client({ mediaImportUrl: `http://127.0.0.1:${port}/media/` })(id, 1).catch(() => undefined);
    expect(requests).toEqual([`/media/v1/recordings/${id}/generations/1/key`]);
  });

  it('the oldest go when there are too many', async () => {
    const keys = client({ maxEntries: 2 });
    const ids = [randomUUID(), randomUUID(), randomUUID()];
    for (const id of [...ids, ids[2]!, ids[1]!, ids[0]!]) await keys(id, 1);
    expect(requests).toHaveLength(4);
  });

  it('a failure is not remembered', async () => {
    const keys = client();
    const id = randomUUID();
    answer = () => ({ status: 503, body: {} });
    await expect(keys(id, 1)).rejects.toMatchObject({ statusCode: 503 });
    answer = (of) => ({ status: 200, body: { sealedKey: handover.seal(key, `recording:${of}:1`) } });
    expect((await keys(id, 1)).equals(key)).toBe(true);
  });

  it('a key of another recording is refused', async () => {
    answer = () => ({ status: 200, body: { sealedKey: handover.seal(key, `recording:${randomUUID()}:1`) } });
    await expect(client()(randomUUID(), 1)).rejects.toThrow(/does not open/);
  });

  it('nobody there', async () => {
    const keys = client({ mediaImportUrl: 'http://127.0.0.1:9' });
    await expect(keys(randomUUID(), 1)).rejects.toMatchObject({ statusCode: 503 });
  });
});
