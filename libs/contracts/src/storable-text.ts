/** The text with U+FFFD for what no text or jsonb column takes: NUL and halves of surrogate pairs. */
export function storableText(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd');
}
