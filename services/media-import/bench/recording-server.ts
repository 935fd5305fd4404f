import { randomBytes, randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';

const HEADER_BYTES = 44;
const NOISE = randomBytes(256 * 1024);

/** Stands for a tenant with one endless supply of long recordings: each task has one of `bytes`. */
export async function serveRecordings(bytes: number) {
  /** When the download of a task's file began. */
  const began = new Map<string, number>();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://x');
    if (request.method === 'GET') {
      began.set(url.searchParams.get('task') ?? '', performance.now());
      response.writeHead(200, { 'content-type': 'audio/wav', 'content-length': bytes });
      Readable.from(wav(bytes), { objectMode: false, highWaterMark: 1024 * 1024 }).pipe(response);
      return;
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { query } = JSON.parse(Buffer.concat(chunks).toString()) as { query: { taskIds: string[] } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data: query.taskIds.map((taskId) => captureOf(taskId, urlOf(taskId))) }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const urlOf = (taskId: string) => `${baseUrl}/file?task=${taskId}`;
  return {
    baseUrl,
    urlOf,
    beganMs: (taskId: string) => began.get(taskId),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function captureOf(taskId: string, filePath: string) {
  const stopTime = Date.now();
  const attributes = { fileName: 'a.wav', filePath, startTime: stopTime - 60_000, stopTime, participants: [] };
  const channels = { channel1: 'Caller', channel2: 'Agent', callType: 'main' };
  const recording = { id: randomUUID(), segment: false, attributes: { ...attributes, ...channels } };
  return { taskId, recording: [recording], transcription: [] };
}

function* wav(bytes: number): Generator<Buffer> {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write('RIFF', 0);
  header.writeUInt32LE(bytes - 8, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(8_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(bytes - HEADER_BYTES, 40);
  yield header;
  for (let left = bytes - HEADER_BYTES; left > 0; left -= NOISE.length)
    yield NOISE.subarray(0, Math.min(left, NOISE.length));
}
