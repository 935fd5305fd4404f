import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { request } from 'undici';
import type { SendPermission, WebexQuota, WebexTimeouts, WorkKind } from '../port.ts';
import type { Authorization, Credentials } from './credentials.ts';
import { errorInsideSuccess, errorOfStatus, readErrorAnswer, retryAfterOf } from './error-answer.ts';
import { guardedAgents } from './guarded-agents.ts';
import { checkUrl, type HostRules } from './host-policy.ts';
import { countRequest } from './instruments.ts';
import { withRetries } from './retry-policy.ts';
import { PermissionTooOld, sendBy } from './send-by.ts';
import { parseStorableJson } from './storable-json.ts';
import { transportError } from './transport-error.ts';
import { WebexError } from './webex-error.ts';
import { withoutTraceHeaders } from './without-trace-headers.ts';

const unzip = promisify(gunzip);

export const DEFAULT_TIMEOUTS: Required<WebexTimeouts> = {
  headersMs: 30_000,
  bodyMs: 30_000,
  deadlineMs: 90_000,
  slowestBytesPerSecond: 16 * 1024,
  slowestForMs: 60_000,
};
const MAX_ANSWER_BYTES = 256 * 1024 * 1024;
/** When a 429 comes without `Retry-After`. */
const DEFAULT_PENALTY_MS = 5_000;

export interface TransportOptions {
  hosts: HostRules;
  timeouts?: WebexTimeouts | undefined;
  /** Budget to take from before each attempt; left out only where no client id is known. */
  budget?: { quota: WebexQuota; quotaKey: string; kind: WorkKind } | undefined;
  credentials?: Credentials | undefined;
}

export interface Call {
  /** For people: "The search for ended tasks". */
  what: string;
  /** For metrics; of a fixed set. */
  operation: string;
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  url: string;
  json?: unknown;
  form?: Record<string, string>;
  signal?: AbortSignal | undefined;
  /** `any` (default): the call can be repeated. `unprocessed`: only if the server refused to look at it (429). `never`. */
  retries?: 'any' | 'unprocessed' | 'never';
  /** Texts that must not appear in an error although the server may echo them. */
  secrets?: string[];
  /** Told the `Date` of a good answer: whole seconds by the server's clock. */
  onServerTime?: ((timeMs: number) => void) | undefined;
}

export interface Transport {
  /** The decoded JSON of a 2xx answer (undefined when it has no body). @throws WebexError, or the signal's reason. */
  call(call: Call): Promise<unknown>;
}

/** One HTTP exchange with everything around it: host check, budget, credentials, time-outs, retries, errors. */
export function createTransport(options: TransportOptions): Transport {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...options.timeouts };

  async function call(call: Call): Promise<unknown> {
    const url = checkUrl(call.url, options.hosts);
    let deadlineAtMs = Number.POSITIVE_INFINITY;
    let authorization: Authorization | undefined;
    let askedAgain = false;

    const attempt = async (): Promise<unknown> => {
      // Before the budget is asked: to find a token may take seconds, and a permission does not last that long.
      authorization ??= await options.credentials?.authorize();
      const permission = await takeBudget(call.signal, deadlineAtMs);
      // The deadline begins with the first permission: waiting for the budget is no fault of Webex.
      if (deadlineAtMs === Number.POSITIVE_INFINITY) deadlineAtMs = Date.now() + timeouts.deadlineMs;
      try {
        return await exchange(url, call, { authorization, permission, deadlineAtMs });
      } catch (error) {
        if (error instanceof WebexError && error.kind === 'rate-limited') {
          await options.budget?.quota.penalise(options.budget.quotaKey, error.retryAfterMs ?? DEFAULT_PENALTY_MS);
        }
        throw error;
      }
    };

    /** Credentials may have been replaced since they were read: once, and only once, they are asked for again. */
    const attemptWithFreshCredentials = async (): Promise<unknown> => {
      try {
        return await attempt();
      } catch (error) {
        if (!options.credentials || !authorization || askedAgain) throw error;
        if (!(error instanceof WebexError) || error.kind !== 'unauthorized') throw error;
        askedAgain = true;
        authorization = await options.credentials.authorize(authorization);
        if (!authorization) throw error;
        return attempt();
      }
    };

    return withRetries(attemptWithFreshCredentials, {
      deadlineAtMs: () => deadlineAtMs,
      mayRetry: (failure) => mayRetry(failure, call.retries ?? 'any'),
      signal: call.signal,
    });
  }

  async function takeBudget(signal: AbortSignal | undefined, deadlineAtMs: number): Promise<SendPermission> {
    if (!options.budget) return { sendByMs: Number.POSITIVE_INFINITY };
    const { quota, quotaKey, kind } = options.budget;
    if (deadlineAtMs === Number.POSITIVE_INFINITY) {
      return await quota.acquire({ quotaKey, kind, ...(signal ? { signal } : {}) });
    }
    const late = AbortSignal.timeout(Math.max(1, deadlineAtMs - Date.now()));
    try {
      return await quota.acquire({ quotaKey, kind, signal: signal ? AbortSignal.any([signal, late]) : late });
    } catch (error) {
      signal?.throwIfAborted();
      if (!late.aborted) throw error;
      throw new WebexError('rate-limited', 'The budget of the client id did not allow another attempt in time');
    }
  }

  async function exchange(
    url: URL,
    call: Call,
    o: { authorization: Authorization | undefined; permission: SendPermission; deadlineAtMs: number },
  ): Promise<unknown> {
    const { authorization, permission, deadlineAtMs } = o;
    const trackingId = `WFO_${randomUUID()}`;
    const late = AbortSignal.timeout(Math.max(1, deadlineAtMs - Date.now()));
    const secrets = [...(call.secrets ?? []), ...(authorization?.secrets ?? [])];
    try {
      const answer = await withoutTraceHeaders(() =>
        request(url, {
          method: call.method,
          dispatcher: sendBy(permission.sendByMs, guardedAgents(options.hosts.allowPrivateAddresses).api),
          headersTimeout: timeouts.headersMs,
          bodyTimeout: timeouts.bodyMs,
          signal: call.signal ? AbortSignal.any([call.signal, late]) : late,
          headers: {
            accept: 'application/json',
            'accept-encoding': 'gzip',
            trackingid: trackingId,
            ...authorization?.headers,
            ...(call.json === undefined ? {} : { 'content-type': 'application/json' }),
            ...(call.form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
          },
          body: call.form ? new URLSearchParams(call.form).toString() : call.json && JSON.stringify(call.json),
        } as Parameters<typeof request>[1]),
      );
      const text = await readText(await answer.body.arrayBuffer(), answer.headers['content-encoding']);
      const body = parseJson(text);
      if (answer.statusCode < 200 || answer.statusCode > 299) {
        throw errorOfStatus(call.what, answer.statusCode, readErrorAnswer(body.value, secrets), {
          retryAfterMs: retryAfterOf(answer.headers['retry-after'], Date.now()),
          trackingId,
          secrets,
        });
      }
      if (!body.ok) {
        throw new WebexError('invalid-answer', `${call.what} was answered with something that is not JSON`, {
          statusCode: answer.statusCode,
          trackingId,
          // A body cut short or a proxy's page: the next attempt may be whole.
          retriable: true,
        });
      }
      if (hasErrors(body.value)) {
        throw errorInsideSuccess(call.what, readErrorAnswer(body.value, secrets), { trackingId, secrets });
      }
      const serverTimeMs = Date.parse(String(answer.headers.date));
      if (!Number.isNaN(serverTimeMs)) call.onServerTime?.(serverTimeMs);
      countRequest(call.operation, 'ok');
      return body.value;
    } catch (error) {
      call.signal?.throwIfAborted();
      const failure = error instanceof WebexError ? error : transportError(call.what, error, late.aborted, trackingId);
      countRequest(call.operation, failure.kind);
      throw failure;
    }
  }

  return { call };
}

function mayRetry(failure: WebexError, retries: NonNullable<Call['retries']>): boolean {
  if (failure instanceof PermissionTooOld) return true;
  return retries === 'any' || (retries === 'unprocessed' && failure.kind === 'rate-limited');
}

function hasErrors(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { errors, error } = value as Record<string, unknown>;
  return (Array.isArray(errors) ? errors.length > 0 : Boolean(errors)) || Boolean(error);
}

async function readText(body: ArrayBuffer, encoding: string | string[] | undefined): Promise<string> {
  const bytes = Buffer.from(body);
  const whole = encoding === 'gzip' ? await unzip(bytes, { maxOutputLength: MAX_ANSWER_BYTES }) : bytes;
  return whole.toString('utf8');
}

function parseJson(text: string): { ok: boolean; value: unknown } {
  if (text.trim() === '') return { ok: true, value: undefined };
  try {
    return { ok: true, value: parseStorableJson(text) };
  } catch {
    return { ok: false, value: undefined };
  }
}
