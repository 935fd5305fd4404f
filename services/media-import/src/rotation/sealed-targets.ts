import { acdSealedTargets } from '@wxcc-wfo/acd';
import type { SealedTarget } from '@wxcc-wfo/service-kit';
import { keyBinding } from '../downloads/download-recording.ts';

/** Everything that media-import stores encrypted with SEALING_KEYS: the keys of the files, not the files (AUTH-06). */
export const mediaImportSealedTargets: readonly SealedTarget[] = [
  ...acdSealedTargets,
  {
    table: 'recording_generation',
    keyColumns: ['recording_id', 'generation'],
    column: 'sealed_key',
    binding: (row) => keyBinding(row.recording_id, row.generation),
  },
];
