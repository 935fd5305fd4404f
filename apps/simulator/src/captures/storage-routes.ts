import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { wavBytes, wavChunks } from '../audio/wav-stream.ts';
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
  return reply.send(Readable.from(chunks, { objectMode: false, highWaterMark: 256 * 1024 }));
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
