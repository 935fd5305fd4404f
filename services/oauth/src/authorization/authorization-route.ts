import { Problem } from '@wxcc-wfo/contracts';
import { type App, ProblemError, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { type Static, Type } from 'typebox';
import type { Acd } from '../acds/acd.ts';
import { findAcd } from '../acds/acd-repository.ts';
import type { Wiring } from '../wiring.ts';
import { notFound } from './authorization-problems.ts';
import {
  type AuthorizationStarted,
  AuthorizeByHand,
  Authorized,
  Callback,
  OpenRequests,
} from './authorization-schema.ts';
import { listStartedRequests, openAddress, type StartedRequest } from './authorize.ts';
import { callbackPage, wantsPage } from './callback-page.ts';
import { completeByHand, completeByRedirect } from './complete-authorization.ts';

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  vary: 'accept',
};
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const errors = { '4xx': Problem, '5xx': Problem };

/** A request to authorize as its caller sees it. */
export function shownRequest(started: StartedRequest): Static<typeof AuthorizationStarted> {
  return {
    requestId: started.requestId,
    authorizationUrl: started.authorizationUrl,
    webexUrl: started.webexUrl,
    requestedAt: new Date(started.createdAtMs).toISOString(),
    expiresAt: new Date(started.expiresAtMs).toISOString(),
  };
}

/** How an ACD is authorized: by the browser’s way to Webex and back (AUTH-01), or by hand (AUTH-02). */
export function authorizationRoutes(app: App, wiring: Wiring): void {
  browserRoutes(app, wiring);
  operatorRoutes(app, wiring);
}

async function counted(wiring: Wiring, work: () => Promise<Acd>): Promise<Static<typeof Authorized>> {
  const count = (outcome: string) => wiring.metrics.oauth_authorizations_total.add(1, { outcome });
  try {
    const { acdId, name, authorization } = await work();
    count('authorized');
    return { acdId, name, authorization };
  } catch (error) {
    count(error instanceof ProblemError ? error.problem.code : 'failed');
    throw error;
  }
}

/** Both are open: the ticket, and the state with the browser’s cookie, are their credentials. */
function browserRoutes(app: App, wiring: Wiring): void {
  const open = {
    config: { public: true },
    // A HEAD, as previews of links send it, opens and uses up nothing.
    exposeHeadRoute: false,
    onSend: async (
      request: { headers: { accept?: string | undefined } },
      // biome-ignore lint/suspicious/noExplicitAny: the reply of whichever route it stands at
      reply: any,
      payload: unknown,
    ) => {
      reply.headers(PAGE_HEADERS);
      if (typeof payload !== 'string' || payload === '' || !wantsPage(request.headers.accept)) return payload;
      reply.header('content-security-policy', PAGE_POLICY);
      reply.type('text/html; charset=utf-8');
      return callbackPage(JSON.parse(payload));
    },
  };

  app.get(
    '/v1/authorization/start',
    {
      ...open,
      schema: {
        summary: 'Begin the sign-in at Webex in this browser',
        description:
          'The `authorizationUrl` of a request. Gives the browser a cookie that it must bring back, and sends it on to Webex. Opened in several browsers, each may come back; the first one that does uses the request up.',
        tags: ['authorization'],
        querystring: Type.Object({
          ticket: Type.String({ maxLength: 100, description: 'Of one request to authorize.' }),
        }),
        response: { 302: Type.Null({ description: 'On to Webex.' }), ...errors },
      },
    },
    async (request, reply) => {
      const { location, cookie } = await openAddress(wiring, {
        ticket: request.query.ticket,
        cookies: request.headers.cookie,
      });
      reply.header('set-cookie', cookie);
      return reply.redirect(location, 302);
    },
  );

  app.get(
    '/v1/authorization/callback',
    {
      ...open,
      schema: {
        summary: 'End of the OAuth authorization-code flow',
        description:
          'Webex sends the administrator’s browser here, which must be the one that opened the authorization URL. Answers with a page where `text/html` is accepted, errors included, else with JSON. A `state` is good once, for 15 minutes.',
        tags: ['authorization'],
        querystring: Callback,
        response: { 200: Authorized, ...errors },
      },
    },
    async (request) => {
      const { code, state, error } = request.query;
      return await counted(wiring, () =>
        completeByRedirect(wiring, { code, state, error, cookies: request.headers.cookie }),
      );
    },
  );
}

function operatorRoutes(app: App, wiring: Wiring): void {
  const params = Type.Object({ acdId: Type.String({ format: 'uuid', description: 'The server id of the ACD.' }) });
  const read = async (acdId: string, tenantId: string): Promise<Acd> => {
    const acd = await readAsTenant(wiring.pool, { tenantId }, (sql) => findAcd(sql, acdId));
    if (!acd || acd.deleted) throw notFound(acdId);
    return acd;
  };

  app.get(
    '/v1/acds/:acdId/authorization-requests',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'The open authorization URLs of an ACD',
        description: 'Those that the same caller asked for within the last 15 minutes and that were not used.',
        tags: ['authorization'],
        params,
        response: { 200: OpenRequests, ...errors },
      },
    },
    async (request) => {
      const acd = await read(request.params.acdId, requireTenant(request));
      const requests = await listStartedRequests(wiring, { acd, requestedBy: request.caller.subject });
      return { items: requests.map(shownRequest) };
    },
  );

  app.post(
    '/v1/acds/:acdId/authorize',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Authorize an ACD by hand',
        description:
          'For a sign-in that does not end at the bridge. The same caller must have asked for the authorization URL. A `state` in the answer is checked; without one, the caller’s request whose address was opened last is meant.',
        tags: ['authorization'],
        params,
        body: AuthorizeByHand,
        response: { 200: Authorized, ...errors },
      },
    },
    async (request) => {
      const acd = await read(request.params.acdId, requireTenant(request));
      const { answer } = request.body;
      return await counted(wiring, () => completeByHand(wiring, { acd, subject: request.caller.subject, answer }));
    },
  );
}
