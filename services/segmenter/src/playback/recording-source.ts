import { type FileHandle, open } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import {
  type DecryptingReader,
  type EditPiece,
  type OpenSource,
  openDecryptingReader,
  type RecordingSource,
} from '@wxcc-wfo/audio';
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

/** The recordings of an edit list, open and ready to be decrypted as they are read. */
export interface OpenRecordings {
  openSource: OpenSource;
  close(): Promise<void>;
}

/**
 * Opens every file that an edit list needs and authenticates its end, while the answer can still say what is missing;
 * later on, a failure could only cut the stream.
 */
export async function openRecordings(
  deps: RecordingSourceDeps,
  stored: StoredRecordings,
  pieces: readonly EditPiece[],
): Promise<OpenRecordings> {
  const needed = new Map<string, RecordingAvailable>();
  for (const piece of pieces) {
    if (piece.kind !== 'recording') continue;
    needed.set(`${piece.recordingId}:${piece.generation}`, stored(piece.recordingId, piece.generation));
  }
  const opening = new Map([...needed].map(([name, facts]) => [name, openRecording(deps, facts)]));
  const close = async () => {
    const opened = await Promise.allSettled(opening.values());
    await Promise.allSettled(opened.map((one) => (one.status === 'fulfilled' ? one.value.file.close() : undefined)));
  };
  try {
    await Promise.all(opening.values());
  } catch (error) {
    await close();
    throw error;
  }
  return {
    openSource: async (recordingId, generation) => (await opening.get(`${recordingId}:${generation}`)!).source,
    close,
  };
}

/**
 * What was read and authenticated of a file when it was opened first, for as long as its key is kept in memory: a
 * browser that seeks opens the same recording again and again. Every byte given out is authenticated all the same.
 */
const knownFiles = new WeakMap<Buffer, DecryptingReader>();

async function openRecording(
  deps: RecordingSourceDeps,
  { recordingId, generation, format, storage }: RecordingAvailable,
) {
  const key = await deps.keys(recordingId, generation);
  const file = await openFile(deps.mediaFolder, storage.path);
  try {
    const reader =
      knownFiles.get(key)?.withFile(file) ??
      (await openDecryptingReader({
        file,
        key,
        associatedData: Buffer.from(`${recordingId}:${generation}`),
        ciphertextSizeBytes: storage.sizeBytes,
        segmentSizeBytes: storage.segmentSizeBytes,
      }));
    knownFiles.set(key, reader);
    const source: RecordingSource = {
      format,
      read: (startByte, endByte) => reader.read(startByte, endByte),
      parts: (startByte, endByte) => reader.parts(startByte, endByte),
    };
    return { file, source };
  } catch (error) {
    await file.close();
    throw fileAway(error);
  }
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
