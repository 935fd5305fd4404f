import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createFileCipher, createWavInspector, type EncryptorOptions, type WavInspection } from '@wxcc-wfo/audio';
import type { WebexDownload } from '@wxcc-wfo/webex';
import type { PendingFile } from './media-store.ts';

/**
 * Writes a download into the file, encrypted, and checks it as it passes. One segment is written while the next one
 * comes; every buffer is given back as soon as it is done with, so that memory does not grow with the length or the
 * speed of a download.
 * @throws InvalidWav, what the download or the file throws, or an AbortError
 */
export async function encryptIntoFile(
  download: Pick<WebexDownload, 'body' | 'contentLength'>,
  file: Pick<PendingFile, 'write'>,
  options: EncryptorOptions & { signal: AbortSignal },
): Promise<WavInspection> {
  const inspector = createWavInspector(
    download.contentLength === undefined ? {} : { expectedBytes: download.contentLength },
  );
  const cipher = createFileCipher(options);
  let writing: Promise<void> = Promise.resolve();
  let received: Buffer = Buffer.alloc(0);
  const write = async (pieces: Buffer[]) => {
    if (pieces.length === 0) return;
    await writing;
    writing = file.write(pieces).then(() => pieces.forEach(giveBack));
    // Whoever awaits it next hears of a failure; until then it is not an unhandled one.
    writing.catch(() => undefined);
  };
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        // Not before the next one comes: the HTTP parser still looks at the one that it hands on.
        giveBack(received);
        received = chunk;
        inspector.push(chunk);
        write(cipher.push(chunk)).then(() => done(), done);
      } catch (error) {
        done(error as Error);
      }
    },
    final(done) {
      write(cipher.end())
        .then(() => writing)
        .then(() => done(), done);
    },
  });
  try {
    await pipeline(download.body, sink, { signal: options.signal });
    return inspector.end();
  } finally {
    // Nobody may close the file under a write.
    await writing.catch(() => undefined);
    cipher.destroy();
  }
}

/**
 * Frees a buffer's memory now, by detaching it. V8 would free it at its next full collection, which for memory outside
 * of its heap may be 100 MB later. Only a buffer that has its memory to itself: another may share a pool.
 */
function giveBack(buffer: Buffer): void {
  if (buffer.length === 0 || buffer.length !== buffer.buffer.byteLength) return;
  if ('transfer' in buffer.buffer) buffer.buffer.transfer(0);
}
