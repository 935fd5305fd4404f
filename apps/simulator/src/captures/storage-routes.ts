import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { wavBytes, wavChunks } from '../audio/wav-stream.ts';
import type { ActiveFault } from '../faults/fault-board.ts';
import type { RecordingModel } from '../story/task-model.ts';
import type { Tenant } from '../tenant.ts';
import { refuseDownload } from './signing.ts';

/** The file store behind the signed addresses: byte ranges, no bearer, refusals as XML. */
export function storageRoutes(app: FastifyInstance, tenant: Tenant): void {
  app.get<{ Params: { recordingId: string }; Querystring: Record<string, string> }>(
    '/storage/:org/:recordingId/:fileName',
    { config: { kind: 'storage' } },
    async (request, reply) => {
      if (request.headers.authorization !== undefined) {
        const message = 'Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter should be specified';
        return refuse(reply, 400, 'InvalidArgument', message);
      }
      const path = request.url.split('?')[0]!;
      const refused = refuseDownload(tenant.storageKey, path, request.query, tenant.now());
      if (refused !== undefined) return refuse(reply, 403, refused.code, refused.message);
      const recording = tenant.story.recording(request.params.recordingId);
      if (recording === undefined) return refuse(reply, 404, 'NoSuchKey', 'The specified key does not exist.');
      return sendFile(tenant, reply, recording, request.headers.range);
    },
  );
}

function sendFile(
  tenant: Tenant,
  reply: FastifyReply,
  recording: RecordingModel,
  header: string | undefined,
): FastifyReply {
  const size = wavBytes(recording);
  const range = readRange(header, size);
  if (range === 'unsatisfiable') {
    reply.header('Content-Range', `bytes */${size}`);
    return refuse(reply, 416, 'InvalidRange', 'The requested range is not satisfiable');
  }
  const whole = range ?? { start: 0, end: size };
  // A truncated file is told as if it were whole: only its own header gives it away.
  const truncated = tenant.faults.strike('truncate-download');
  const start = whole.start;
  const end = truncated === undefined ? whole.end : Math.min(whole.end, start + (truncated.afterBytes ?? 1_000));
  reply
    .header('Accept-Ranges', 'bytes')
    .header('Content-Type', 'audio/wav')
    .header('Content-Length', end - start);
  reply.header('ETag', `"${recording.id}"`);
  if (range !== undefined) reply.code(206).header('Content-Range', `bytes ${start}-${end - 1}/${size}`);
  const cut = tenant.faults.strike('cut-download');
  const corrupt = tenant.faults.strike('corrupt-download');
  const chunks = damage(
    wavChunks(recording, start, end),
    cut?.afterBytes ?? (cut && 1_000),
    corrupt?.afterBytes ?? (corrupt && 0),
  );
  const slow = tenant.faults.strike('slow-download');
  const sent = slow === undefined ? chunks : slowly(chunks, slow, () => tenant.faults.untilOff(slow));
  return reply.send(Readable.from(sent, { objectMode: false, highWaterMark: 256 * 1024 }));
}

const DRIPS_PER_SECOND = 10;

/** After its first bytes a file drips, or stands still until the fault is switched off; the connection stays open. */
async function* slowly(
  chunks: Iterable<Buffer>,
  { afterBytes = 1_000, bytesPerSecond }: ActiveFault,
  untilOff: () => Promise<void>,
): AsyncGenerator<Buffer> {
  let quick = afterBytes;
  for (const chunk of chunks) {
    const first = chunk.subarray(0, quick);
    if (first.length > 0) yield first;
    quick -= first.length;
    let rest = chunk.subarray(first.length);
    if (rest.length > 0 && bytesPerSecond === undefined) await untilOff();
    const drip =
      bytesPerSecond === undefined ? chunk.length : Math.max(1, Math.ceil(bytesPerSecond / DRIPS_PER_SECOND));
    while (rest.length > 0) {
      if (bytesPerSecond !== undefined) await delay(1_000 / DRIPS_PER_SECOND);
      yield rest.subarray(0, drip);
      rest = rest.subarray(drip);
    }
  }
}

/** Breaks off after so many bytes, or turns the bits of one byte there. */
function* damage(
  chunks: Iterable<Buffer>,
  cutAt: number | undefined,
  corruptAt: number | undefined,
): Generator<Buffer> {
  let sent = 0;
  for (const chunk of chunks) {
    if (corruptAt !== undefined && corruptAt >= sent && corruptAt < sent + chunk.length) {
      chunk[corruptAt - sent] = chunk[corruptAt - sent]! ^ 0xff;
    }
    if (cutAt !== undefined && sent + chunk.length > cutAt) {
      yield chunk.subarray(0, cutAt - sent);
      throw new Error('The download was cut on purpose.');
    }
    sent += chunk.length;
    yield chunk;
  }
}

function readRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (match === null || (match[1] === '' && match[2] === '')) return undefined;
  const start = match[1] === '' ? Math.max(0, size - Number(match[2])) : Number(match[1]);
  const end = match[1] === '' || match[2] === '' ? size : Math.min(size, Number(match[2]) + 1);
  return start >= size || start >= end ? 'unsatisfiable' : { start, end };
}

function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return reply.code(status).header('Content-Type', 'application/xml').send(body);
}
