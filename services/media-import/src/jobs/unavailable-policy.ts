/*
 * What contacts say of a recording that will not come (MED-02). Texts of our own: those of a failure are for people who
 * look after the import, and may name hosts and files.
 */

const REASONS: Record<string, string> = {
  'not-recorded': 'The ACD did not record this call.',
  'not-offered': 'The ACD was to record this call, and never offered a recording of it.',
  'acd-deleted': 'The connection to the ACD was deleted before the recording was imported.',
};

/** Why no recording will come, for people; `code` is that of the import. */
export function unavailableReason(code: string): string {
  return REASONS[code] ?? `The ACD’s recording could not be had for as long as the ACD keeps it (${code}).`;
}
