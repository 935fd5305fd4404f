import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readlink, rename } from 'node:fs/promises';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitFor } from '@wxcc-wfo/testkit';
import { buildApp, closeApp } from '../src/app.ts';
import { row, task } from './call-rows.ts';
import { type RunningSegmenter, runSegmenter } from './running-segmenter.ts';
import { leftSample, rightSample } from './stored-recordings.ts';

const RATE = 8000;
const HEADER = 44;
const BYTES = 4;

let segmenter: RunningSegmenter;
/** Of the second agent: 30 s of the call's recording, of which the seconds 10 to 15 are a hold. */
let contactId: string;
let whole: Buffer;

beforeAll(async () => {
  segmenter = await runSegmenter({ LINK_LIFETIME_SECONDS: '60' });
  const { tenantId } = segmenter.tenants[0];
  const rows = [
    row('connected', 10, 20, 'A'),
    row('blind-transferred', 20, 21, 'A', 'B'),
    row('connected', 25, 35, 'B'),
    row('held', 35, 40, 'B'),
    row('hold-ended', 40, 55, 'B'),
    row('ended', 55, 55),
  ];
  const stored = await segmenter.media.store({ from: 10, to: 55, taskId: 'call', tenantId });
  // A long call, for what must not be read whole.
  const longRows = [row('connected', 0, 600, 'Long'), row('ended', 600, 600)];
  const long = await segmenter.media.store({ from: 0, to: 600, taskId: 'long', tenantId });
  await segmenter.publish(task(rows, { tenantId, taskId: 'call' }), stored);
  await segmenter.publish(task(longRows, { tenantId, taskId: 'long' }), long);
  await segmenter.settled();
  contactId = await idOf('B');
  whole = Buffer.from(await (await audio()).arrayBuffer());
}, 120_000);
afterAll(() => segmenter?.stop());

async function idOf(agent: string): Promise<string> {
  const page = (await (await segmenter.get(`/v1/contacts?agentId=${agent}`)).json()) as {
    items: { contactId: string }[];
  };
  return page.items[0]!.contactId;
}
const audio = (headers: Record<string, string> = {}, method = 'GET') =>
  segmenter.get(`/v1/contacts/${contactId}/audio`, { headers, method });
async function link(): Promise<URL> {
  const response = await segmenter.get(`/v1/contacts/${contactId}/audio-links`, { method: 'POST' });
  expect(response.status).toBe(201);
  const { url, expiresAt } = (await response.json()) as { url: string; expiresAt: string };
  expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now());
  return new URL(url);
}

describe('GET /v1/contacts/{id}/audio (SEG-10)', () => {
  it('is exactly the contact’s window, silent where held, on the contact’s own clock', async () => {
    const response = await audio();
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('audio/wav');
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect(whole.length).toBe(HEADER + 30 * RATE * BYTES);
    expect(Number(response.headers.get('content-length'))).toBe(whole.length);
    expect(whole.toString('latin1', 0, 4)).toBe('RIFF');
    const samples = new Int16Array(new Uint8Array(whole.subarray(HEADER)).buffer);
    for (let frame = 0; frame < 30 * RATE; frame++) {
      // The contact begins 15 s into the recording.
      const heard = frame + 15 * RATE;
      const held = frame >= 10 * RATE && frame < 15 * RATE;
      if (samples[frame * 2] !== (held ? 0 : leftSample(heard))) throw new Error(`left, frame ${frame}`);
      if (samples[frame * 2 + 1] !== (held ? 0 : rightSample(heard))) throw new Error(`right, frame ${frame}`);
    }
    await response.arrayBuffer();
  });

  it.each([
    ['bytes=0-', 0, undefined],
    ['bytes=0-43', 0, 44],
    ['bytes=100-100', 100, 101],
    ['bytes=40-99999', 40, 100_000],
    ['bytes=319001-480123', 319_001, 480_124],
    ['bytes=-7', -7, undefined],
    ['bytes=960000-99999999', 960_000, undefined],
  ])('a byte range is the slice of the whole: %s', async (range, start, end) => {
    const response = await audio({ range });
    expect(response.status).toBe(206);
    const bytes = Buffer.from(await response.arrayBuffer());
    const expected = whole.subarray(start, end);
    expect(bytes.equals(expected)).toBe(true);
    const first = start < 0 ? whole.length + start : start;
    expect(response.headers.get('content-range')).toBe(`bytes ${first}-${first + expected.length - 1}/${whole.length}`);
    expect(Number(response.headers.get('content-length'))).toBe(expected.length);
  });

  it('a range beyond the end is refused, with the size', async () => {
    const response = await audio({ range: `bytes=${whole.length}-` });
    expect(response.status).toBe(416);
    expect(response.headers.get('content-range')).toBe(`bytes */${whole.length}`);
    expect(((await response.json()) as { code: string }).code).toBe('range-not-satisfiable');
  });

  it('HEAD tells size and type and sends nothing', async () => {
    const response = await audio({}, 'HEAD');
    expect(response.status).toBe(200);
    expect(Number(response.headers.get('content-length'))).toBe(whole.length);
    expect(response.headers.get('accept-ranges')).toBe('bytes');
    expect((await response.arrayBuffer()).byteLength).toBe(0);
  });

  it('the version is the ETag; parts of another version are never put together', async () => {
    const etag = (await audio({}, 'HEAD')).headers.get('etag')!;
    expect(etag).toContain(contactId);
    expect((await audio({ 'if-none-match': etag })).status).toBe(304);
    const same = await audio({ range: 'bytes=0-9', 'if-range': etag });
    expect(same.status).toBe(206);
    const other = await audio({ range: 'bytes=0-9', 'if-range': '"other"' }, 'HEAD');
    expect(other.status).toBe(200);
    expect(Number(other.headers.get('content-length'))).toBe(whole.length);
    await same.arrayBuffer();
  });

  it('keys are asked for once in five minutes', async () => {
    const before = segmenter.media.keyRequests();
    await (await audio({ range: 'bytes=0-999' })).arrayBuffer();
    expect(segmenter.media.keyRequests()).toBe(before);
  });

  it('a slow listener hears every byte as a fast one does', async () => {
    const contact = `/v1/contacts/${await idOf('Long')}/audio`;
    const fast = createHash('sha256').update(Buffer.from(await (await segmenter.get(contact)).arrayBuffer()));
    const slow = createHash('sha256');
    const response = await beginPlaying('Long', (first) => slow.update(first));
    // Others play meanwhile, in memory that was given back.
    for (let i = 0; i < 3; i++) expect((await (await audio()).arrayBuffer()).byteLength).toBe(whole.length);
    for await (const part of response) slow.update(part as Buffer);
    expect(slow.digest('hex')).toBe(fast.digest('hex'));
  });

  const withDescriptors = existsSync('/proc/self/fd')
    ? it
    : (name: string, test: () => Promise<void>) => it.skip(`${name} (needs /proc to see open files)`, test);
  withDescriptors('a client that goes away stops the reading', async () => {
    const response = await beginPlaying('Long');
    expect(Number(response.headers['content-length'])).toBe(HEADER + 600 * RATE * BYTES);
    expect(await openMediaFiles()).toBe(1);
    response.on('error', () => undefined).destroy();
    await waitFor('the recording to be closed', async () => (await openMediaFiles()) === 0);
  });
});

/** A player that has heard the beginning and is paused. */
async function beginPlaying(agent: string, onFirst?: (part: Buffer) => void): Promise<IncomingMessage> {
  const url = new URL(`/v1/contacts/${await idOf(agent)}/audio`, segmenter.url);
  const headers = { 'x-api-key': segmenter.tenants[0].key };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    httpGet(url, { headers, agent: false }, resolve).on('error', reject);
  });
  const first = await new Promise<Buffer>((resolve) => {
    response.once('data', (part) => {
      response.pause();
      resolve(part as Buffer);
    });
  });
  onFirst?.(first);
  return response;
}

/** How many files of the media folder this process holds open. */
async function openMediaFiles(): Promise<number> {
  const descriptors = await readdir('/proc/self/fd').catch(() => []);
  const targets = await Promise.all(descriptors.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return targets.filter((target) => target.startsWith(segmenter.media.folder)).length;
}

describe('signed links (SEG-10)', () => {
  it('play without a credential, with ranges, as a browser asks', async () => {
    const url = await link();
    const response = await fetch(url, { headers: { range: 'bytes=0-' } });
    expect(response.status).toBe(206);
    expect(Buffer.from(await response.arrayBuffer()).equals(whole)).toBe(true);
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
  });

  it('lead to where PUBLIC_URL is, with the path that a proxy takes away again', async () => {
    const { wiring } = segmenter;
    const config = { ...wiring.config, PUBLIC_URL: 'https://bridge.example.com/wfo/segmenter/' };
    const behindProxy = await buildApp({ ...wiring, config });
    const answer = await behindProxy.inject({
      method: 'POST',
      url: `/v1/contacts/${contactId}/audio-links`,
      headers: { 'x-api-key': segmenter.tenants[0].key },
    });
    const url = new URL((answer.json() as { url: string }).url);
    expect(url.origin + url.pathname).toBe(`https://bridge.example.com/wfo/segmenter/v1/contacts/${contactId}/audio`);
    const passedOn = await fetch(`${segmenter.url}/v1/contacts/${contactId}/audio${url.search}`, { method: 'HEAD' });
    expect(passedOn.status).toBe(200);
    await behindProxy.close();
  });

  it('open nothing else: another contact, a later expiry, a forged signature', async () => {
    const url = await link();
    const forContact = new URL(url);
    forContact.pathname = forContact.pathname.replace(contactId, await idOf('A'));
    const later = new URL(url);
    later.searchParams.set('expires', String(Date.now() + 3_600_000));
    const forged = new URL(url);
    forged.searchParams.set('signature', 'A'.repeat(43));
    for (const refused of [forContact, later, forged]) {
      const response = await fetch(refused);
      expect(response.status).toBe(403);
      expect(((await response.json()) as { code: string }).code).toBe('signature-refused');
    }
  });
});

describe('what is away is said before the first byte', () => {
  it('media-import, the key, the file', async () => {
    const id = await idOf('A');
    const play = () => segmenter.get(`/v1/contacts/${id}/audio`);
    const { tenantId } = segmenter.tenants[0];
    const stored = await segmenter.media.store({ from: 10, to: 20, taskId: 'other', tenantId });
    const rows = [row('connected', 10, 20, 'Other'), row('ended', 20, 20)];
    await segmenter.publish(task(rows, { tenantId, taskId: 'other' }), stored);
    await segmenter.settled();
    const other = `/v1/contacts/${await idOf('Other')}/audio`;
    for (const [status, expected] of [
      [500, 503],
      [401, 503],
      [404, 409],
    ] as const) {
      segmenter.media.refuseKeys(status);
      expect((await segmenter.get(other)).status).toBe(expected);
      // What was asked for before plays on from memory.
      expect((await play()).status).toBe(200);
    }
    segmenter.media.refuseKeys(undefined);
    expect((await segmenter.get(other)).status).toBe(200);
    const file = join(segmenter.media.folder, stored.storage.path);
    await rename(file, `${file}.away`);
    const away = await segmenter.get(other);
    expect(away.status).toBe(503);
    expect(((await away.json()) as { remedy: string }).remedy).toContain('MEDIA_FOLDER');
    await rename(`${file}.away`, file);
    expect((await segmenter.get(other)).status).toBe(200);
  });
});

describe('the end of the process', () => {
  it('does not wait for a paused player', async () => {
    const response = await beginPlaying('Long');
    const cut = new Promise((resolve) => response.once('error', resolve));
    await closeApp(segmenter.app, 50);
    response.resume();
    expect(await cut).toMatchObject({ code: 'ECONNRESET' });
    expect(await openMediaFiles()).toBe(0);
  });
});
