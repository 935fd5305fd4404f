import type { ServerResponse } from 'node:http';
import { giveBack } from '@wxcc-wfo/audio';

/** Handed to the system and not taken yet: enough that it never waits for us, little enough for many listeners. */
const MAX_UNTAKEN_BYTES = 1024 * 1024;

/**
 * Sends parts as fast as they are taken and gives each one's memory back when the system has it. Ends the answer; a
 * listener who goes away ends the rendering. Throws what the parts throw, the answer then being cut.
 */
export async function sendParts(response: ServerResponse, parts: AsyncIterable<Buffer>): Promise<void> {
  let untakenBytes = 0;
  let proceed: (() => void) | undefined;
  // A write that waits behind another answer on a connection that breaks may never be called back.
  response.once('close', () => proceed?.());
  const write = (part: Buffer) => {
    const { length } = part;
    untakenBytes += length;
    response.write(part, (error) => {
      untakenBytes -= length;
      if (!error) giveBack(part);
      if (untakenBytes < MAX_UNTAKEN_BYTES) proceed?.();
    });
  };
  try {
    for await (const part of parts) {
      if (response.destroyed) return;
      write(part);
      if (untakenBytes < MAX_UNTAKEN_BYTES) continue;
      await new Promise<void>((resolve) => {
        proceed = resolve;
      });
    }
    response.end();
  } catch (error) {
    response.destroy();
    throw error;
  }
}
