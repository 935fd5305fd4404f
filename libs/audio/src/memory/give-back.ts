/**
 * Audio passes through in buffers of some hundred KiB that live for a millisecond. V8 counts them as memory that only a
 * collection frees, so that a busy process spends a quarter of its time marking a heap that hardly changed, and fresh
 * memory is slower to fill than memory in use. Whoever is the last to need such a buffer gives it back instead.
 */
const ownMemory = new WeakSet<ArrayBufferLike>();

/** Marks a buffer that nobody else refers to and that fills its memory alone, so that `giveBack` may free it. */
export function markOwnMemory(bytes: Buffer): void {
  if (bytes.byteOffset === 0 && bytes.buffer.byteLength === bytes.byteLength) ownMemory.add(bytes.buffer);
}

/**
 * Frees the memory of a part that `DecryptingReader.parts` or `renderWavParts` gave, at once; the part is empty from
 * then on. Call it when nothing reads the part any more: after a write's callback, not after the write. Other buffers
 * are left alone.
 */
export function giveBack(part: Buffer): void {
  const memory = part.buffer;
  if (memory instanceof ArrayBuffer && ownMemory.delete(memory)) memory.transfer(0);
}
