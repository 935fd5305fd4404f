import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at its end. */
export const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));

/** Downloaded servers are kept here; removing data (`--fresh`) leaves them. */
export const TOOL_CACHE = `${REPOSITORY}.data/tools`;

/** Where Node keeps what it stripped of types and compiled, for the next start of the same program. */
export const COMPILE_CACHE = `${TOOL_CACHE}/compile-cache`;

/**
 * Gives the folder of a downloaded tool, filling it on first use. The folder appears under its name only when it is
 * complete, so that an interrupted download is repeated and two runs at once don't disturb each other.
 */
export async function cachedTool(folderName: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const complete = `${TOOL_CACHE}/${folderName}`;
  if (existsSync(complete)) return complete;
  const partial = `${complete}.partial-${process.pid}`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    await fill(partial);
    renameSync(partial, complete);
  } catch (error) {
    rmSync(partial, { recursive: true, force: true });
    if (!existsSync(complete)) throw error;
  }
  return complete;
}
