import { type Static, Type } from 'typebox';
import { EpochMs, ExtensibleEnum, Nullable, Ownership, WebexId } from '../primitives.ts';

export const UNAVAILABLE_CODES = [
  'not-recorded',
  'not-offered',
  'acd-deleted',
  'empty',
  'truncated',
  'not-a-recording',
  'link-expired',
  'download-failed',
] as const;

/**
 * No recording of a task will come beside those that are stored, as far as is known now (MED-02, MED-08). It holds until
 * a higher version withdraws or replaces it; what is stored all the same counts for more.
 */
export const RecordingUnavailable = Type.Object(
  {
    ...Ownership,
    taskId: WebexId,
    version: Type.Integer({ minimum: 1, description: 'Of the verdict on this task; the highest is what is true.' }),
    sinceMs: { ...EpochMs, description: 'When this was decided; epoch milliseconds, UTC.' },
    withdrawn: Type.Boolean({ description: 'True: the recording is looked for again; `code` and `reason` are null.' }),
    code: Nullable(ExtensibleEnum(UNAVAILABLE_CODES, 'Why, for programs.')),
    reason: Nullable(Type.String({ maxLength: 500 }), 'Why, for people.'),
  },
  {
    $id: 'recording-unavailable',
    description: 'No recording of this task will come any more beside those that are stored, or that is taken back.',
  },
);
export type RecordingUnavailable = Static<typeof RecordingUnavailable>;
