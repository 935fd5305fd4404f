import { randomBytes } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import {
  ciphertextSizeBytes,
  createEncryptor,
  createWavInspectionStream,
  DEFAULT_SEGMENT_BYTES,
  InvalidWav,
  KEY_BYTES,
} from '@wxcc-wfo/audio';
import type { Sealer } from '@wxcc-wfo/service-kit';
import { type WebexClient, WebexError } from '@wxcc-wfo/webex';
import type { ImportJob } from '../jobs/job-repository.ts';
import type { OfferedRecording, StoredFile } from '../recordings/recording-repository.ts';
import type { MediaStore } from './media-store.ts';

/** Why a download brought nothing that may be stored; it is tried again later. */
export class DownloadFailed extends Error {
  override name = 'DownloadFailed';
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
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
 * into the store, in memory of a few segments (MED-05). A truncated or foreign file is never stored.
 */
export async function downloadRecording(
  deps: { webex: WebexClient; store: MediaStore; atRest: Sealer },
  job: ImportJob,
  offered: OfferedRecording,
  signal: AbortSignal,
): Promise<DownloadedFile> {
  const { recordingId, captured } = offered;
  const generation = 1;
  const download = await deps.webex.download(captured.url, { signal }).catch((error) => {
    throw asDownloadFailed(error);
  });
  const key = randomBytes(KEY_BYTES);
  const pending = await deps.store.create({
    tenantId: job.tenantId,
    acdId: job.acdId,
    recordedAtMs: captured.startedAtMs,
    name: `${recordingId}.${generation}`,
  });
  try {
    const { stream: inspect, inspection } = createWavInspectionStream(
      download.contentLength === undefined ? {} : { expectedBytes: download.contentLength },
    );
    const encrypt = createEncryptor({ key, associatedData: Buffer.from(fileBinding(recordingId, generation)) });
    await pipeline(download.body, inspect, encrypt, pending.stream, { signal });
    const found = inspection();
    if (found.truncated) throw new DownloadFailed('truncated', found.truncation ?? 'The file is incomplete.');
    await pending.commit();
    return {
      path: pending.path,
      sealedKey: deps.atRest.seal(key, keyBinding(recordingId, generation)),
      segmentSizeBytes: DEFAULT_SEGMENT_BYTES,
      storedSizeBytes: ciphertextSizeBytes(found.totalBytes),
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
      discard: () => deps.store.remove(pending.path),
    };
  } catch (error) {
    download.body.destroy();
    await pending.discard();
    throw asDownloadFailed(error);
  } finally {
    key.fill(0);
  }
}

function asDownloadFailed(error: unknown): DownloadFailed {
  if (error instanceof DownloadFailed) return error;
  if (error instanceof InvalidWav) return new DownloadFailed('not-a-recording', error.message, error);
  if (error instanceof WebexError && error.kind === 'forbidden') {
    return new DownloadFailed('link-expired', 'The link had expired; a new one will be asked for.', error);
  }
  const reason = error instanceof Error ? error.message : String(error);
  return new DownloadFailed('download-failed', `The download broke off: ${reason}`, error);
}
