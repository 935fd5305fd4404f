import type { Logger } from '@wxcc-wfo/service-kit';
import type { Pool } from 'pg';
import type { MediaStore } from './media-store.ts';
import { forgetFile, takeAbandonedFiles } from './pending-file-repository.ts';

const FILES_PER_SWEEP = 100;

/** Removes what killed replicas left behind, at their start or another’s. Gives the number of files. */
export async function sweepFiles(deps: { pool: Pool; store: MediaStore; logger: Logger }): Promise<number> {
  const paths = await takeAbandonedFiles(deps.pool, FILES_PER_SWEEP);
  for (const path of paths) {
    await deps.store.remove(path);
    await forgetFile(deps.pool, path);
  }
  if (paths.length > 0)
    deps.logger.info({ files: paths.length }, 'removed unfinished files of imports that were cut short');
  return paths.length;
}
