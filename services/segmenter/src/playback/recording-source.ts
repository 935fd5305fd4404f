import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { type EditPiece, type OpenSource, openDecryptingReader } from '@wxcc-wfo/audio';
import type { RecordingAvailable } from '@wxcc-wfo/contracts';
import { problem } from '@wxcc-wfo/service-kit';
import type { RecordingKeys } from './recording-key-client.ts';

export interface RecordingSourceDeps {
  mediaFolder: string;
  keys: RecordingKeys;
}

/** The stored recordings of a contact's call, by the names that its edit list uses. */
export type StoredRecordings = (recordingId: string, generation: number) => RecordingAvailable;

/** Names the recordings of a contact's call. */
export function storedRecordings(recordings: readonly RecordingAvailable[]): StoredRecordings {
  const byName = new Map(recordings.map((facts) => [`${facts.recordingId}:${facts.generation}`, facts]));
  return (recordingId, generation) => {
    const facts = byName.get(`${recordingId}:${generation}`);
    if (facts !== undefined) return facts;
    throw fileAway(new Error(`Recording ${recordingId}, generation ${generation}, is not known.`));
  };
}

/** Opens recordings for `renderWav`: the encrypted file of the media folder, decrypted as it is read. */
export function openSourceOf(deps: RecordingSourceDeps, stored: StoredRecordings): OpenSource {
  return async (recordingId, generation) => {
    const { format, storage } = stored(recordingId, generation);
    const key = await deps.keys(recordingId, generation);
    const file = await openFile(deps.mediaFolder, storage.path);
    try {
      const reader = await openDecryptingReader({
        file,
        key,
        associatedData: Buffer.from(`${recordingId}:${generation}`),
        ciphertextSizeBytes: storage.sizeBytes,
        segmentSizeBytes: storage.segmentSizeBytes,
      });
      return {
        format,
        read: (startByte, endByte) => reader.read(startByte, endByte),
        close: () => file.close(),
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  };
}

/**
 * Looks at every file and key that an edit list needs, while the answer can still say what is missing; later on, a
 * failure could only cut the stream.
 */
export async function checkReadable(
  deps: RecordingSourceDeps,
  stored: StoredRecordings,
  pieces: readonly EditPiece[],
): Promise<void> {
  const names = new Map<string, RecordingAvailable>();
  for (const piece of pieces) {
    if (piece.kind !== 'recording') continue;
    names.set(`${piece.recordingId}:${piece.generation}`, stored(piece.recordingId, piece.generation));
  }
  const check = async ({ recordingId, generation, storage }: RecordingAvailable): Promise<void> => {
    await deps.keys(recordingId, generation);
    const { size } = await stat(placeOf(deps.mediaFolder, storage.path)).catch((error: unknown) => {
      throw fileAway(error);
    });
    if (size !== storage.sizeBytes) throw fileAway(new Error(`The file has ${size} bytes, not ${storage.sizeBytes}.`));
  };
  await Promise.all([...names.values()].map(check));
}

function placeOf(mediaFolder: string, path: string): string {
  const root = resolve(mediaFolder);
  const place = resolve(root, path);
  if (place.startsWith(root + sep)) return place;
  throw fileAway(new Error('The path of the recording leaves the media folder.'));
}

async function openFile(mediaFolder: string, path: string): Promise<FileHandle> {
  try {
    return await open(placeOf(mediaFolder, path), 'r');
  } catch (error) {
    throw fileAway(error);
  }
}

function fileAway(cause: unknown) {
  return problem({
    status: 503,
    code: 'unavailable',
    detail: 'The stored recording cannot be read at the moment.',
    remedy: 'Try again later; if it stays, check that MEDIA_FOLDER is the folder that media-import writes to.',
    cause,
  });
}
