/** What to answer: everything (200), `[startByte, endByte)` (206; the end is exclusive), or nothing (416). */
export type ByteRange =
  | { kind: 'whole' }
  | { kind: 'range'; startByte: number; endByte: number }
  | { kind: 'unsatisfiable' };

const SINGLE_RANGE = /^[ \t]*bytes[ \t]*=[ \t]*(\d*)-(\d*)[ \t]*$/i;

/**
 * Reads a Range header against a size in bytes (RFC 9110 §14.2). What is no single byte range (absent, another unit,
 * malformed, several ranges) is answered whole, as the RFC allows; one that begins behind the end is unsatisfiable.
 */
export function parseByteRange(header: string | undefined, size: number): ByteRange {
  const match = header === undefined ? null : SINGLE_RANGE.exec(header);
  const [first, last] = [match?.[1] ?? '', match?.[2] ?? ''];
  if (first === '' && last === '') return { kind: 'whole' };
  if (first === '') {
    const suffix = Number(last);
    if (suffix === 0 || size === 0) return { kind: 'unsatisfiable' };
    return { kind: 'range', startByte: Math.max(0, size - suffix), endByte: size };
  }
  const startByte = Number(first);
  if (last !== '' && Number(last) < startByte) return { kind: 'whole' };
  if (startByte >= size) return { kind: 'unsatisfiable' };
  return { kind: 'range', startByte, endByte: last === '' ? size : Math.min(size, Number(last) + 1) };
}

/** The Content-Range of an answer, undefined for a whole one (RFC 9110 §14.4). */
export function contentRange(range: ByteRange, size: number): string | undefined {
  switch (range.kind) {
    case 'whole':
      return undefined;
    case 'range':
      return `bytes ${range.startByte}-${range.endByte - 1}/${size}`;
    case 'unsatisfiable':
      return `bytes */${size}`;
  }
}
