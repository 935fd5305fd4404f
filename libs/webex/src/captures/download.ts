import { context, createContextKey } from '@opentelemetry/api';
import { type Dispatcher, request } from 'undici';
import { errorOfStatus } from '../http/error-answer.ts';
import { guardedAgents } from '../http/guarded-agents.ts';
import { checkUrl, type HostRules } from '../http/host-policy.ts';
import { countRequest } from '../http/instruments.ts';
import { transportError } from '../http/transport-error.ts';
import { WebexError } from '../http/webex-error.ts';
import type { WebexDownload, WebexTimeouts } from '../port.ts';
import { withLeastThroughput } from './least-throughput.ts';

const MAX_REDIRECTS = 5;
const WHAT = 'Downloading a file';
/** The key by which OpenTelemetry's SDK marks a context as not to be traced (`suppressTracing` of its core package). */
const SUPPRESS_TRACING = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');

export interface DownloadOptions {
  signal?: AbortSignal;
  rangeStart?: number;
}

/**
 * Opens a file by its pre-signed URL: no bearer, no budget (file stores are not counted by Webex), each redirect
 * checked like the first URL, no automatic span (it would record the signature in the URL).
 */
export async function openDownload(
  url: string,
  hosts: HostRules,
  timeouts: Required<WebexTimeouts>,
  options: DownloadOptions = {},
): Promise<WebexDownload> {
  options.signal?.throwIfAborted();
  let target = checkUrl(url, hosts);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const answer = await context.with(context.active().setValue(SUPPRESS_TRACING, true), () =>
      get(target, hosts, timeouts, options),
    );
    const { statusCode, headers, body } = answer;
    if (statusCode === 200 || statusCode === 206) {
      countRequest('captures.download', 'ok');
      const length = Number(single(headers['content-length']) ?? Number.NaN);
      const contentType = single(headers['content-type']);
      return {
        statusCode,
        ...(Number.isSafeInteger(length) && length >= 0 ? { contentLength: length } : {}),
        ...(contentType ? { contentType } : {}),
        body: withLeastThroughput(body, {
          bytesPerSecond: timeouts.slowestBytesPerSecond,
          windowMs: timeouts.slowestForMs,
          onSlow: ({ kind }) => countRequest('captures.download', kind),
        }),
      };
    }
    // Without this the connection stays busy with an unread body.
    body.destroy();
    body.on('error', () => undefined);
    const location = single(headers.location);
    if (statusCode < 300 || statusCode > 399 || !location) {
      const failure = errorOfStatus(WHAT, statusCode, { key: null, text: null, trackingId: null }, {});
      countRequest('captures.download', failure.kind);
      throw failure;
    }
    target = checkUrl(resolveLocation(location, target), hosts);
  }
  throw new WebexError('invalid-answer', `${WHAT} led through more than ${MAX_REDIRECTS} redirects`);
}

async function get(
  url: URL,
  hosts: HostRules,
  timeouts: Required<WebexTimeouts>,
  options: DownloadOptions,
): Promise<Dispatcher.ResponseData> {
  try {
    return await request(url, {
      method: 'GET',
      dispatcher: guardedAgents(hosts.allowPrivateAddresses).files,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyMs,
      ...(options.signal ? { signal: options.signal } : {}),
      headers: options.rangeStart ? { range: `bytes=${options.rangeStart}-` } : {},
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    const failure = transportError(WHAT, error, false);
    countRequest('captures.download', failure.kind);
    throw failure;
  }
}

function resolveLocation(location: string, base: URL): string {
  try {
    return new URL(location, base).href;
  } catch {
    throw new WebexError('invalid-answer', `${WHAT} was redirected to something that is not a URL`);
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
