/** What can be wrong with a file that claims to be a WAV; each code has one cause and one remedy. */
export type InvalidWavCode =
  | 'empty'
  | 'not-riff'
  | 'not-wave'
  | 'format-missing'
  | 'format-malformed'
  | 'format-unsupported'
  | 'data-missing';

/** A file is no WAV that we can play: `code` for programs, `what` and `remedy` for people, `atByte` for both. */
export class InvalidWav extends Error {
  override readonly name = 'InvalidWav';
  readonly code: InvalidWavCode;
  readonly what: string;
  readonly remedy: string;
  readonly atByte: number;

  constructor(code: InvalidWavCode, atByte: number, what: string, remedy: string) {
    super(`${what} (at byte ${atByte}). ${remedy}`);
    this.code = code;
    this.what = what;
    this.remedy = remedy;
    this.atByte = atByte;
  }
}
