import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeWavHeader } from '@wxcc-wfo/audio';
import { createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { WebexError, type WebexErrorKind } from '@wxcc-wfo/webex';
import { type DownloadFailed, downloadRecording } from './download-recording.ts';
import { createFolderStore } from './media-store.ts';

const FORMAT = { encoding: 'pcm-s16le', sampleRateHz: 8_000, channels: 2 } as const;
const wavOf = (frames: number) =>
  Buffer.concat([writeWavHeader({ ...FORMAT, dataBytes: frames * 4 }), Buffer.alloc(frames * 4, 1)]);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'download-recording-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

type Download = Parameters<typeof downloadRecording>[0]['webex']['download'];

async function store(download: Download) {
  const captured = { url: 'https://store.example/r1' } as Parameters<typeof downloadRecording>[1]['captured'];
  const deps = {
    webex: { download },
    store: createFolderStore(root),
    atRest: createSealer(parseKeyring(`k1:${newSealingKey()}`)),
  };
  const offered = { recordingId: '9e8d7c6b-5a49-5837-a615-243342510005', captured };
  return await downloadRecording(deps, offered, 'r1.tink', new AbortController().signal);
}
const served =
  (file: Buffer): Download =>
  async () => ({ statusCode: 200, contentLength: file.length, body: Readable.from([file]) });
const failureOf = (download: Download): Promise<DownloadFailed> =>
  store(download).then(Promise.reject, (error) => error);

describe('MED-05 what is downloaded', () => {
  it('without a single sample is not there yet: nothing is stored', async () => {
    expect(await failureOf(served(wavOf(0)))).toMatchObject({ code: 'empty', isOfTask: true });
    expect(await readdir(root)).toEqual([]);
  });

  it('is stored however short it is: paused time may be left out of it (architecture rule 9)', async () => {
    expect(await store(served(wavOf(1)))).toMatchObject({ format: { frames: 1 } });
    await rm(join(root, 'r1.tink'));
  });

  it.each<[WebexErrorKind, boolean]>([
    ['not-found', true],
    ['forbidden', true],
    ['unavailable', false],
    ['timeout', false],
    ['rate-limited', false],
    ['host-not-allowed', false],
  ])('fails because the store says %s; of this file alone: %s', async (kind, isOfTask) => {
    const failure = await failureOf(() => Promise.reject(new WebexError(kind, 'It failed.')));
    expect(failure).toMatchObject({ name: 'DownloadFailed', isOfTask });
  });

  it('breaks off on the way, which says nothing of the file', async () => {
    const broken = async function* () {
      yield wavOf(10).subarray(0, 60);
      throw Object.assign(new Error('reset'), { code: 'ECONNRESET' });
    };
    const failure = await failureOf(async () => ({ statusCode: 200, body: Readable.from(broken()) }));
    expect(failure).toMatchObject({ code: 'download-failed', isOfTask: false });
  });
});
