/**
 * Frees the memory of the values of records at once: of fetched ones, which kafkajs (by our patch) keeps apart from
 * everything else, partition by partition, and of rows of the outbox. They live for as long as a transaction takes, so
 * they outlive V8's young generation, and V8 collects the old one only for every 64 MB of such memory. Call it when nobody
 * reads the values any more: they are empty from then on.
 */
export function giveBackValues(records: readonly { value: Buffer | null }[]): void {
  for (const { value } of records) {
    const memory = value?.buffer;
    // Small values may lie in Node's pool of buffers, which others share.
    if (memory instanceof ArrayBuffer && memory.byteLength > Buffer.poolSize && !memory.detached) memory.transfer(0);
  }
}
