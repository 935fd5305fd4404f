// The floor of playing a contact: a bare HTTP server that reads and decrypts just those bytes and sends them. Its file
// holds every minute as an AES-256-GCM message of its own, so that exactly the asked bytes are read and authenticated.
import { createDecipheriv } from 'node:crypto';
import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export const IV_BYTES = 12;
export const TAG_BYTES = 16;

export interface FloorServerPlan {
  /** Hex. */
  key: string;
  windowBytes: number;
}

if (import.meta.main) {
  const plan = JSON.parse(process.env.FLOOR_PLAN ?? '') as FloorServerPlan;
  const key = Buffer.from(plan.key, 'hex');
  const stored = IV_BYTES + plan.windowBytes + TAG_BYTES;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://floor');
    const file = await open(url.searchParams.get('path')!);
    const bytes = Buffer.allocUnsafeSlow(stored);
    await file.read(bytes, 0, stored, Number(url.searchParams.get('window')) * stored);
    await file.close();
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, IV_BYTES));
    decipher.setAuthTag(bytes.subarray(stored - TAG_BYTES));
    const audio = decipher.update(bytes.subarray(IV_BYTES, stored - TAG_BYTES));
    decipher.final();
    response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': audio.length });
    response.end(audio);
  });
  process.on('disconnect', () => process.exit(0));
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
}
