/** `truncated`: the file is shorter than it can be; `header`: it is not our format; `not-authentic`: key, data or place is wrong. */
export type DecryptionFailedCode = 'truncated' | 'header' | 'not-authentic';

const REMEDY: Record<DecryptionFailedCode, string> = {
  truncated: 'Import the recording again.',
  header: 'Check that this is an encrypted recording and that the segment size is the one it was written with.',
  'not-authentic':
    'Check the key, the associated data and the segment size; if they are right, the file was cut or changed: import it again.',
};

/** An encrypted recording can't be read. Never carries key material or plaintext. */
export class DecryptionFailed extends Error {
  override readonly name = 'DecryptionFailed';
  readonly code: DecryptionFailedCode;
  readonly what: string;
  readonly remedy: string;

  constructor(code: DecryptionFailedCode, what: string) {
    super(`${what}. ${REMEDY[code]}`);
    this.code = code;
    this.what = what;
    this.remedy = REMEDY[code];
  }
}
