import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** A file that is being written: it is there whole after `commit`, or not at all. */
export interface PendingFile {
  /** Appends; the buffers are free for other use once it has resolved. One call at a time. */
  write(pieces: Uint8Array[]): Promise<void>;
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
      const handle = await open(pending, 'wx', 0o600);
      let isOpen = true;
      const close = async () => {
        if (!isOpen) return;
        isOpen = false;
        await handle.close();
      };
      return {
        write: (pieces) => writeAll(handle, pieces),
        async commit() {
          await handle.sync();
          await close();
          await rename(pending, target);
          await syncFolders(dirname(target), firstNewFolder ? dirname(firstNewFolder) : dirname(target));
        },
        async discard() {
          await close().catch(() => undefined);
          await remove(path);
        },
      };
    },
  };
}

/** A disk that fills up takes a part first; only the next attempt says why. */
async function writeAll(handle: FileHandle, pieces: Uint8Array[]): Promise<void> {
  let left = pieces.filter((piece) => piece.length > 0);
  while (left.length > 0) {
    let { bytesWritten } = await handle.writev(left);
    const rest: Uint8Array[] = [];
    for (const piece of left) {
      if (bytesWritten < piece.length) rest.push(piece.subarray(bytesWritten));
      bytesWritten = Math.max(0, bytesWritten - piece.length);
    }
    left = rest;
  }
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
