import { randomBytes } from 'node:crypto';
import { ciphertextSizeBytes, DEFAULT_SEGMENT_BYTES, InvalidWav, KEY_BYTES } from '@wxcc-wfo/audio';
import type { Sealer } from '@wxcc-wfo/service-kit';
import { type WebexClient, type WebexDownload, WebexError, type WebexErrorKind } from '@wxcc-wfo/webex';
import type { OfferedRecording, StoredFile } from '../recordings/recording-repository.ts';
import { encryptIntoFile } from './encrypt-into-file.ts';
import type { MediaStore } from './media-store.ts';

/** What an import writes; redactions write the higher ones (rule 9). */
const FIRST_GENERATION = 1;
const SEGMENT_BYTES = DEFAULT_SEGMENT_BYTES;
/** What a file store says of one file. */
const OF_ONE_FILE: ReadonlySet<WebexErrorKind> = new Set(['not-found', 'refused', 'invalid-request', 'invalid-answer']);
const FILE_CALLS = new Set(['open', 'write', 'fsync', 'close', 'rename', 'mkdir', 'unlink']);

/** Why a download brought nothing that may be stored; it is tried again later. */
export class DownloadFailed extends Error {
  override name = 'DownloadFailed';
  readonly code: string;
  /** It is this file that can’t be had; false: the way to it, or our own store, is away. */
  readonly isOfTask: boolean;
  constructor(code: string, message: string, o: { cause?: unknown; isOfTask?: boolean } = {}) {
    super(message, { cause: o.cause });
    this.code = code;
    this.isOfTask = o.isOfTask ?? true;
  }
}

/** What binds a file to its recording and generation; reading needs the same. */
export function fileBinding(recordingId: string, generation: number): string {
  return `${recordingId}:${generation}`;
}

/** What binds a sealed recording key to its recording and generation. */
export function keyBinding(recordingId: string, generation: number): string {
  return `recording:${recordingId}:${generation}`;
}

export interface DownloadedFile extends StoredFile {
  discard(): Promise<void>;
}

/**
 * Streams a recording from the ACD through the checks (announced length, RIFF structure, checksum) and the encryption
 * into the store at `path`, in memory of a few segments (MED-05). A truncated or foreign file is never stored.
 * @throws DownloadFailed, or the signal’s reason
 */
export async function downloadRecording(
  deps: { webex: Pick<WebexClient, 'download'>; store: MediaStore; atRest: Sealer },
  offered: Pick<OfferedRecording, 'recordingId' | 'captured'>,
  path: string,
  signal: AbortSignal,
): Promise<DownloadedFile> {
  const key = randomBytes(KEY_BYTES);
  try {
    const download = await deps.webex.download(offered.captured.url, { signal });
    try {
      return await storeDownload(deps, { ...offered, download, path, key, signal });
    } catch (error) {
      // An unread body would keep its connection busy; its own error has no listener any more.
      download.body.on('error', () => undefined);
      download.body.destroy();
      throw error;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw asDownloadFailed(error);
  } finally {
    key.fill(0);
  }
}

interface Work {
  recordingId: string;
  download: WebexDownload;
  path: string;
  key: Buffer;
  signal: AbortSignal;
}

async function storeDownload(deps: { store: MediaStore; atRest: Sealer }, work: Work): Promise<DownloadedFile> {
  const { recordingId, download, path, key, signal } = work;
  const pending = await deps.store.create(path);
  try {
    const found = await encryptIntoFile(download, pending, {
      key,
      associatedData: Buffer.from(fileBinding(recordingId, FIRST_GENERATION)),
      segmentSizeBytes: SEGMENT_BYTES,
      signal,
    });
    if (found.truncated) throw new DownloadFailed('truncated', `The file is incomplete: ${found.truncation}.`);
    // Not finished yet. How long it should be can't be told: a file may leave paused time out (architecture rule 9).
    if (found.frames === 0) throw new DownloadFailed('empty', 'The file holds no audio yet.');
    await pending.commit();
    return {
      path,
      sealedKey: deps.atRest.seal(key, keyBinding(recordingId, FIRST_GENERATION)),
      segmentSizeBytes: SEGMENT_BYTES,
      storedSizeBytes: ciphertextSizeBytes(found.totalBytes, SEGMENT_BYTES),
      sizeBytes: found.totalBytes,
      sha256: found.sha256,
      format: {
        encoding: found.encoding,
        sampleRateHz: found.sampleRateHz,
        channels: found.channels,
        bytesPerFrame: found.bytesPerFrame,
        dataOffsetBytes: found.dataOffsetBytes,
        frames: found.frames,
      },
      discard: () => deps.store.remove(path),
    };
  } catch (error) {
    await pending.discard();
    throw error;
  }
}

function asDownloadFailed(error: unknown): DownloadFailed {
  if (error instanceof DownloadFailed) return error;
  if (error instanceof InvalidWav) return new DownloadFailed('not-a-recording', error.message, { cause: error });
  if (error instanceof WebexError && error.kind === 'forbidden') {
    return new DownloadFailed('link-expired', 'The link had expired; a new one will be asked for.', { cause: error });
  }
  const { syscall, code, message } = error as NodeJS.ErrnoException;
  if (syscall !== undefined && FILE_CALLS.has(syscall)) {
    const detail = `The media store did not take the file (${code}). See to its space, permissions and mount.`;
    return new DownloadFailed('store-failed', detail, { cause: error, isOfTask: false });
  }
  const isOfTask = error instanceof WebexError && OF_ONE_FILE.has(error.kind);
  return new DownloadFailed('download-failed', `The download broke off: ${message ?? String(error)}`, {
    cause: error,
    isOfTask,
  });
}
