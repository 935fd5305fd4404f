import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Writable } from 'node:stream';

/** A file that is being written: it is there whole after `commit`, or not at all. */
export interface PendingFile {
  /** Relative to the store’s root. */
  path: string;
  stream: Writable;
  commit(): Promise<void>;
  discard(): Promise<void>;
}

export interface MediaStore {
  /** The name ends in random letters: two writers of the same recording never share a file. */
  create(place: { tenantId: string; acdId: string; recordedAtMs: number; name: string }): Promise<PendingFile>;
  remove(path: string): Promise<void>;
}

/** A media store in a local folder (MED-06). */
export function createFolderStore(root: string): MediaStore {
  return {
    async create(place) {
      const day = new Date(place.recordedAtMs).toISOString().slice(0, 10).replaceAll('-', '/');
      const path = `${place.tenantId}/${place.acdId}/${day}/${place.name}.${randomBytes(4).toString('hex')}.tink`;
      const target = join(root, path);
      const pending = `${target}.part`;
      await mkdir(dirname(target), { recursive: true });
      // `flush` syncs the bytes to the disk before the file is closed.
      const stream = createWriteStream(pending, { flags: 'wx', mode: 0o600, flush: true, highWaterMark: 1024 * 1024 });
      return {
        path,
        stream,
        async commit() {
          if (!stream.closed) await once(stream, 'close');
          await rename(pending, target);
          await syncFolder(dirname(target));
        },
        async discard() {
          stream.destroy();
          if (!stream.closed) await once(stream, 'close').catch(() => undefined);
          await rm(pending, { force: true });
          await rm(target, { force: true });
        },
      };
    },
    async remove(path) {
      await rm(join(root, path), { force: true });
    },
  };
}

/** The rename is durable only once its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
