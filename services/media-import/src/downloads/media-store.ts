import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';

/** A file that is being written: it is there whole after `commit`, or not at all. */
export interface PendingFile {
  stream: Writable;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Where recordings lie. Paths are relative to the store’s root. */
export interface MediaStore {
  /** A path that was never used: it ends in random letters, so that two writers of one recording share no file. */
  newPath(place: { tenantId: string; acdId: string; recordedAtMs: number; name: string }): string;
  create(path: string): Promise<PendingFile>;
  /** Removes the file, finished or not. */
  remove(path: string): Promise<void>;
}

const WRITE_BUFFER_BYTES = 256 * 1024;

/** A media store in a local folder (MED-06). */
export function createFolderStore(root: string): MediaStore {
  /** Unfinished first: a writer that finishes in between leaves a file that is removed after. */
  async function remove(path: string): Promise<void> {
    await rm(`${join(root, path)}.part`, { force: true });
    await rm(join(root, path), { force: true });
  }
  return {
    remove,
    newPath({ tenantId, acdId, recordedAtMs, name }) {
      const day = new Date(recordedAtMs).toISOString().slice(0, 10).replaceAll('-', '/');
      return `${tenantId}/${acdId}/${day}/${name}.${randomBytes(4).toString('hex')}.tink`;
    },
    async create(path) {
      const target = join(root, path);
      const pending = `${target}.part`;
      const firstNewFolder = await mkdir(dirname(target), { recursive: true });
      // `flush` syncs the bytes to the disk before the file is closed.
      const flags = { flags: 'wx', mode: 0o600, flush: true };
      const stream = createWriteStream(pending, { ...flags, highWaterMark: WRITE_BUFFER_BYTES });
      // Errors reach the pipeline that writes; one that comes after it has ended must not end the process.
      stream.on('error', () => undefined);
      return {
        stream,
        async commit() {
          if (!stream.closed) await once(stream, 'close');
          await rename(pending, target);
          await syncFolders(dirname(target), firstNewFolder ? dirname(firstNewFolder) : dirname(target));
        },
        async discard() {
          stream.destroy();
          if (!stream.closed) await once(stream, 'close').catch(() => undefined);
          await remove(path);
        },
      };
    },
  };
}

/** A new name is durable only once its folder is; so are the folders that were made for it. */
async function syncFolders(from: string, upTo: string): Promise<void> {
  for (let folder = from; ; folder = dirname(folder)) {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    if (folder === upTo || folder === dirname(folder)) return;
  }
}
