import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultBoard, RouteKind, StrikePlace } from '../faults/fault-board.ts';
import type { AccessToken } from '../oauth/token-store.ts';
import type { Tenant } from '../tenant.ts';
import { ApiError, type ErrorStyle, errorBody } from './errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    kind?: RouteKind;
    errors?: ErrorStyle;
    /** Any of these scopes opens the route. */
    scopes?: string[];
  }
  interface FastifyRequest {
    grant?: AccessToken;
  }
}

export const READ_SCOPES = ['cjp:config', 'cjp:config_read'];
export const WRITE_SCOPES = ['cjp:config', 'cjp:config_write'];

/** Runs before every route: the bearer, the quota of its client, faults (they count against the quota), scopes, organization. */
export function createGateway(tenant: Tenant): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    const { kind, scopes } = request.routeOptions.config;
    if (kind === undefined) return;
    if (scopes === undefined) {
      await strikeFaults(tenant.faults, kind, request);
      return;
    }
    const grant = authenticate(tenant, request);
    request.grant = grant;
    const waitSeconds = tenant.quota.take(grant.clientId, kind);
    if (waitSeconds !== undefined) throw tooManyRequests(waitSeconds);
    await strikeFaults(tenant.faults, kind, request);
    if (!scopes.some((scope) => grant.scopes.includes(scope))) {
      throw new ApiError(403, `The token lacks the scope ${scopes.join(' or ')}.`);
    }
    const { orgId } = request.query as { orgId?: string };
    const { orgid } = request.params as { orgid?: string };
    for (const asked of [orgId, orgid]) {
      if (asked !== undefined && asked !== grant.account.orgId) {
        throw new ApiError(403, `The token may not act on organization ${asked}.`);
      }
    }
  };
}

/** Answers a thrown error in the body form of the route's family. */
export function answerError(error: Error, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const style = request.routeOptions.config.errors ?? 'data';
  const trackingId = headerOf(request, 'trackingid');
  const status = error instanceof ApiError ? error.status : ((error as { statusCode?: number }).statusCode ?? 500);
  if (error instanceof ApiError) {
    for (const [name, value] of Object.entries(error.headers)) reply.header(name, value);
    if (error.bare) return reply.code(status).send();
  }
  return reply.code(status).send(errorBody(style, status, error.message, trackingId));
}

export function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

function authenticate(tenant: Tenant, request: FastifyRequest): AccessToken {
  const token = /^Bearer (\S+)$/.exec(headerOf(request, 'authorization') ?? '')?.[1];
  if (token === undefined) throw new ApiError(400, 'The Authorization header is missing or is not "Bearer <token>".');
  const known = tenant.tokens.accessToken(token);
  if (known === undefined || known === 'expired') throw new ApiError(401, 'Incorrect Credentials.');
  if (known.account.orgId !== tenant.options.orgId)
    throw new ApiError(403, 'The token belongs to another organization.');
  return known;
}

function tooManyRequests(seconds: number): ApiError {
  return new ApiError(429, 'Too many requests', { headers: { 'Retry-After': String(seconds) }, bare: true });
}

async function strikeFaults(faults: FaultBoard, kind: RouteKind, request: FastifyRequest): Promise<void> {
  const place = kind === 'config' ? placeOf(request) : undefined;
  const slow = faults.strike('slow', kind, place);
  if (slow !== undefined) await delay(slow.delayMs ?? 1_000);
  if (faults.strike('hang-up', kind, place) !== undefined) {
    request.raw.socket.destroy();
    throw new ApiError(500, 'The connection was closed on purpose.');
  }
  const limited = faults.strike('rate-limit', kind, place);
  if (limited !== undefined && kind !== 'storage') throw tooManyRequests(limited.retryAfterSeconds ?? 1);
  const broken = faults.strike('server-error', kind, place);
  if (broken !== undefined) throw new ApiError(broken.status ?? 503, broken.message ?? 'An Unexpected Error Occurred');
}

/** Which page of which list is asked for; something without pages has page 0. */
function placeOf(request: FastifyRequest): StrikePlace {
  const resource = /^\/organization\/[^/]+(?:\/v\d)?\/([^/?]+)/.exec(request.url)?.[1] ?? '';
  return { resource, page: Number((request.query as { page?: string }).page ?? 0) };
}
