/**
 * Frees the memory of a partition's fetched records, which kafkajs (by our patch) keeps apart from everything else. They
 * live for as long as a transaction takes, so they outlive V8's young generation, and V8 collects the old one only for
 * every 64 MB of such memory. Call it when nobody reads the records any more: their bytes are empty from then on.
 */
export function giveBackFetched(records: readonly { value: Buffer | null }[]): void {
  for (const { value } of records) {
    const memory = value?.buffer;
    // Small values may lie in Node's pool of buffers, which others share.
    if (memory instanceof ArrayBuffer && memory.byteLength > Buffer.poolSize && !memory.detached) memory.transfer(0);
  }
}
