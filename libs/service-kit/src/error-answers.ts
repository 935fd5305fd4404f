import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { ErrorObject } from 'ajv';
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './app-type.ts';
import { ProblemError, problem, problemBody } from './problem.ts';
import { isTransient, sqlState } from './sql-error.ts';
import { validationProblem } from './validation.ts';

/** Every error leaves as problem details (RFC 9457); what is inside of an unexpected one goes to the log only. */
export function answerErrors(app: App): void {
  const routes: { method: string; pattern: RegExp }[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    for (const one of [method].flat()) routes.push({ method: one, pattern: patternOf(url) });
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const answer = asProblem(error);
    if (answer.statusCode >= 500) request.log.error({ err: error }, 'a request failed');
    return send(answer, request, reply);
  });
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    const allowed = [...new Set(routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method))];
    return send(allowed.length > 0 ? wrongMethod(request.method, allowed) : nothingHere(), request, reply);
  });
}

/** What is not even HTTP, or too slow or too large to be read: answered on the bare socket, which then ends. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase, detail] = CLIENT_ERRORS[error.code ?? ''] ?? [400, 'Bad Request', 'This is not valid HTTP.'];
  const { problem: body } = problem({
    status,
    code: 'invalid-request',
    detail,
    remedy: 'Compare the request with /docs.',
  });
  const text = JSON.stringify(problemBody(body, randomUUID()));
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\ncontent-type: application/problem+json; charset=utf-8\r\n` +
      `content-length: ${Buffer.byteLength(text)}\r\nconnection: close\r\n\r\n${text}`,
  );
}

const CLIENT_ERRORS: Record<string, [status: number, phrase: string, detail: string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'The request took too long to arrive.'],
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'The headers are larger than this server takes.'],
};

function send(error: ProblemError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return reply
    .code(error.statusCode)
    .headers({ 'x-request-id': request.id, ...error.problem.headers })
    .type('application/problem+json; charset=utf-8')
    .serializer(JSON.stringify)
    .send(problemBody(error.problem, request.id));
}

/** What Postgres says of NUL in text and in jsonb: nothing of ours makes one, so it came with the request. */
const UNSTORABLE = new Set(['22021', '22P05']);

function asProblem(error: FastifyError): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error.validation) {
    return validationProblem(error.validation as unknown as ErrorObject[], error.validationContext ?? 'body');
  }
  if (isTransient(error)) {
    return problem({
      status: 503,
      code: 'unavailable',
      detail: 'The database is away or overloaded for the moment.',
      remedy: 'Try again in a few seconds.',
      headers: { 'retry-after': '5' },
    });
  }
  if (UNSTORABLE.has(sqlState(error) ?? '')) {
    return problem({
      status: 400,
      code: 'invalid-request',
      detail: 'The request holds a character that cannot be stored: NUL (U+0000).',
      remedy: 'Send it without that character.',
    });
  }
  const status = error.statusCode ?? 500;
  if (status === 413) {
    return problem({ status, code: 'payload-too-large', field: 'body', remedy: 'Send less at once.' });
  }
  if (status === 415) {
    const remedy = 'Send JSON with Content-Type: application/json.';
    return problem({ status, code: 'unsupported-media-type', field: 'headers/content-type', remedy });
  }
  if (status >= 400 && status < 500) return badRequest(error, status);
  return problem({
    status: 500,
    code: 'internal-error',
    remedy: 'Try again; if it stays, give the request id to an operator.',
  });
}

/** Fastify's own refusals (FST_…) are safe to show; those of other libraries may quote what is inside. */
function badRequest(error: FastifyError, status: number): ProblemError {
  const own = typeof error.code === 'string' && error.code.startsWith('FST_');
  const isJson = error instanceof SyntaxError || error.code?.includes('JSON_BODY');
  return problem({
    status,
    code: 'invalid-request',
    detail: isJson ? 'The body is not valid JSON.' : own ? error.message : 'The request cannot be read.',
    ...(isJson ? { field: 'body' } : {}),
    remedy: isJson ? 'Send one well-formed JSON value.' : 'Compare the request with /docs.',
  });
}

function wrongMethod(method: string, allowed: string[]): ProblemError {
  return problem({
    status: 405,
    code: 'method-not-allowed',
    detail: `${method} is not possible here.`,
    remedy: `Use ${allowed.join(', ')}.`,
    headers: { allow: allowed.join(', ') },
  });
}

function nothingHere(): ProblemError {
  return problem({
    status: 404,
    code: 'not-found',
    detail: 'No route has this path.',
    remedy: 'See /docs for all paths.',
  });
}

function patternOf(url: string): RegExp {
  const source = url
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:[A-Za-z0-9_]+/g, '[^/]+')
    .replaceAll('*', '.*');
  return new RegExp(`^${source}/?$`);
}
