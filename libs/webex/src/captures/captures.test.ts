import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { waitFor } from '@wxcc-wfo/testkit';
import type { WebexClient } from '../port.ts';
import { describeWithSamples, readSample } from '../testing/samples.ts';
import { clientOptions, endpointsOf, ORG_ID, startWebexStub, type WebexStub } from '../testing/webex-stub.ts';
import { createWebexClient } from '../webex-client.ts';
import { decodeCaptures } from './capture-decoder.ts';

let stub: WebexStub;
let client: WebexClient;
beforeEach(async () => {
  stub = await startWebexStub();
  client = createWebexClient(clientOptions(stub));
});
afterEach(() => stub.close());

const recording = (attributes: object = {}) => ({
  id: 'r1',
  segment: false,
  attributes: {
    fileName: 'r1.wav',
    filePath: 'https://bucket.s3.amazonaws.com/r1?X-Amz-Signature=s',
    startTime: 1_700_000_000_000,
    stopTime: 1_700_000_060_000,
    participants: ['agent-1', '+121****1219'],
    channel1: 'Caller',
    channel2: 'Agent',
    callType: 'main',
    ...attributes,
  },
});

describeWithSamples("Cisco's captures example", () => {
  it('decodes; its placeholders are unknown values, carried and reported', () => {
    const unknown: string[] = [];
    const [task] = decodeCaptures(readSample('captures-response-spec-example.json'), (field) => unknown.push(field));
    expect(task?.taskId).toBe('e890a591-63f0-4984-a8f2-00e631368fb4');
    expect(task?.recordings[0]).toMatchObject({
      webexRecordingId: 'f1b130da-0cad-4d8b-91dd-7a3085440e89',
      isSegment: true,
      startedAtMs: 1_617_373_126_000,
      endedAtMs: 1_627_373_126_000,
      participants: ['e890a591-63f0-4984-a8f2-00e631368fb4', '+121****1219'],
      channelRoles: ['unknown', 'unknown'],
      leg: 'main',
      sensitive: true,
    });
    expect(task?.transcriptions[0]).toMatchObject({
      source: 'recording|chat|sms etc.',
      provider: 'CISCO',
      startedAtMs: 1_617_373_126_000,
      createdAtMs: 1_617_373_126_000,
      languageCode: 'en-US',
    });
    expect(unknown).toEqual(['recording.channel', 'recording.channel', 'recording.callType']);
  });
});

describe('asking for captures', () => {
  it('names the organization and gives recordings in the trade’s words', async () => {
    const transcript = { source: 'chat', id: 'c1', fileName: 'chat.json', filePath: 'https://x/y', startTime: '5' };
    const data = [
      { taskId: 't1', recording: [recording({ channel2: 'VA', callType: 'va-consult' })], transcription: [transcript] },
      { taskId: 't2', recording: [] },
    ];
    stub.answer(() => ({ json: { meta: { orgId: ORG_ID }, data } }));
    const captures = await client.queryCaptures(['t1', 't2', 't1'], { includeSegments: true });
    expect(stub.requests[0]?.path).toBe('/v1/captures/query');
    expect(stub.requests[0]?.json).toEqual({
      query: { orgId: ORG_ID, urlExpiration: 60, taskIds: ['t1', 't2'], includeSegments: true },
    });
    expect(captures[0]?.recordings[0]).toMatchObject({ channelRoles: ['caller', 'virtual-agent'], leg: 'va-consult' });
    expect(captures[0]?.transcriptions[0]).toMatchObject({ source: 'chat', startedAtMs: 5, createdAtMs: null });
    expect(captures[1]).toEqual({ taskId: 't2', recordings: [], unreadableRecordings: 0, transcriptions: [] });
  });

  it.each([{ stopTime: null }, { stopTime: -1 }, { filePath: '' }, { startTime: 'soon' }])(
    'leaves out what an open call’s recording does not have yet, and says so: %j',
    async (lacking) => {
      const unknown: string[] = [];
      const onUnknownValue = (field: string, value: string) => void unknown.push(`${field} ${value}`);
      client = createWebexClient(clientOptions(stub, { onUnknownValue }));
      const data = [
        { taskId: 't1', recording: [recording(), recording(lacking)] },
        { taskId: 't2', recording: [recording()], transcription: [{ id: 'c1' }] },
      ];
      stub.answer(() => ({ json: { data } }));
      expect(await client.queryCaptures(['t1', 't2'])).toMatchObject([
        { taskId: 't1', recordings: [{ webexRecordingId: 'r1' }], unreadableRecordings: 1 },
        { taskId: 't2', recordings: [{ webexRecordingId: 'r1' }], unreadableRecordings: 0, transcriptions: [] },
      ]);
      expect(unknown).toEqual(['recording unreadable', 'transcription unreadable']);
    },
  );

  it('says what is wrong with an answer that cannot be read at all', async () => {
    stub.answer(() => ({ json: { data: [{ recording: [] }] } }));
    await expect(client.queryCaptures(['t1'])).rejects.toThrow(/data\[0\]\.taskId/);
  });

  it('asks for 1 to 10 tasks and 1 to 60 minutes', async () => {
    const eleven = Array.from({ length: 11 }, (_, index) => `t${index}`);
    await expect(client.queryCaptures(eleven)).rejects.toMatchObject({ kind: 'invalid-request' });
    await expect(client.queryCaptures(['t'], { urlExpirationMinutes: 61 })).rejects.toThrow(/1 to 60/);
    await expect(client.queryCaptures([])).resolves.toEqual([]);
    expect(stub.requests).toHaveLength(0);
  });
});

describe('downloading', () => {
  const read = async (url: string, options = {}) => {
    const { body, ...rest } = await client.download(url, options);
    const chunks: Buffer[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return { ...rest, text: Buffer.concat(chunks).toString() };
  };

  it('sends no bearer and no cookies, and tells length and type', async () => {
    stub.answer(() => ({ headers: { 'content-type': 'audio/wav', 'content-length': '4' }, body: 'RIFF' }));
    const file = await read(`${stub.url}/r1?X-Amz-Signature=s`);
    expect(file).toEqual({ statusCode: 200, contentLength: 4, contentType: 'audio/wav', text: 'RIFF' });
    expect(stub.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(stub.requests[0]?.path).toBe('/r1?X-Amz-Signature=s');
  });

  it('asks for the rest of a file', async () => {
    stub.answer(() => ({ status: 206, body: 'FF' }));
    await expect(read(`${stub.url}/r1`, { rangeStart: 2 })).resolves.toMatchObject({ statusCode: 206, text: 'FF' });
    expect(stub.requests[0]?.headers.range).toBe('bytes=2-');
  });

  it('follows redirects to allowed hosts only', async () => {
    stub.answer((request) => (request.path === '/a' ? { status: 302, headers: { location: '/b' } } : { body: 'ok' }));
    await expect(read(`${stub.url}/a`)).resolves.toMatchObject({ text: 'ok' });
    const elsewhere = await startWebexStub();
    elsewhere.answer(() => ({ body: 'secret of the inside' }));
    stub.answer(() => ({ status: 307, headers: { location: `${elsewhere.url}/x` } }));
    await expect(read(`${stub.url}/a`)).rejects.toMatchObject({ kind: 'host-not-allowed' });
    expect(elsewhere.requests).toHaveLength(0);
    await elsewhere.close();
  });

  it('AUTH-06 reads files from file hosts, which no call with a credential goes to', async () => {
    stub.answer(() => ({ body: 'ok' }));
    const endpoints = { ...endpointsOf(stub), allowedHosts: [], fileHosts: [stub.host] };
    const filesOnly = createWebexClient(clientOptions(stub, { endpoints }));
    expect((await filesOnly.download(`${stub.url}/r1`)).statusCode).toBe(200);
    await expect(filesOnly.queryCaptures(['t1'])).rejects.toMatchObject({ kind: 'host-not-allowed' });
    expect(stub.requests.map(({ path }) => path)).toEqual(['/r1']);
  });

  it('does not go round in circles', async () => {
    stub.answer(() => ({ status: 302, headers: { location: '/a' } }));
    await expect(read(`${stub.url}/a`)).rejects.toMatchObject({ kind: 'invalid-answer' });
    expect(stub.requests).toHaveLength(6);
  });

  it('calls an expired link forbidden, without quoting its signature', async () => {
    stub.answer(() => ({ status: 403, body: '<Error><Code>AccessDenied</Code></Error>' }));
    const error: Error = await read(`${stub.url}/r1?X-Amz-Signature=topsecret`).catch((caught) => caught);
    expect(error).toMatchObject({ kind: 'forbidden', statusCode: 403 });
    expect(error.message).not.toContain('topsecret');
  });

  it('fails in mid-body as the stream does', async () => {
    stub.answer(() => (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('RIFF');
      setTimeout(() => response.destroy(), 20);
    });
    await expect(read(`${stub.url}/r1`)).rejects.toThrow();
  });

  it('gives up a file that drips, though it is never idle', async () => {
    const drips = () => (response: ServerResponse) => {
      response.writeHead(200, { 'content-length': '100000' });
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => {
        clearInterval(drip);
        closed = true;
      });
    };
    let closed = false;
    stub.answer(drips);
    const timeouts = { bodyMs: 10_000, slowestBytesPerSecond: 16_384, slowestForMs: 200 };
    client = createWebexClient(clientOptions(stub, { timeouts }));
    const failure = await read(`${stub.url}/r1?X-Amz-Signature=topsecret`).catch((caught) => caught);
    expect(failure).toMatchObject({ kind: 'timeout', retriable: true });
    expect(failure.message).toMatch(/too slow/);
    expect(failure.message).not.toContain('topsecret');
    await waitFor('the connection to be let go of', () => closed);
  });

  it('does not blame the store for a slow reader', async () => {
    const size = 1_000_000;
    stub.answer(() => ({ body: 'x'.repeat(size) }));
    const timeouts = { slowestBytesPerSecond: 1_000_000_000, slowestForMs: 200 };
    client = createWebexClient(clientOptions(stub, { timeouts }));
    const { body } = await client.download(`${stub.url}/r1`);
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.length;
      // Longer than the window, all in all; each wait is the reader's own.
      await delay(20);
    }
    expect(bytes).toBe(size);
  });

  it('refuses private addresses where stand-ins are not allowed', async () => {
    const endpoints = { ...endpointsOf(stub), allowPrivateAddresses: false };
    const strict = createWebexClient(clientOptions(stub, { endpoints }));
    await expect(strict.download(`https://${stub.host}/r1`)).rejects.toMatchObject({ kind: 'host-not-allowed' });
  });
});
