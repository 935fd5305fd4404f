import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { FaultBoard } from '../faults/fault-board.ts';
import { ApiError } from '../gateway/errors.ts';
import { headerOf } from '../gateway/gateway.ts';
import { createPrng, seedOf } from '../story/prng.ts';
import type { Tenant } from '../tenant.ts';
import type { Account } from './token-store.ts';

interface AuthorizeQuery {
  response_type?: string;
  client_id?: string;
  redirect_uri?: string;
  scope?: string;
  state?: string;
  code_challenge?: string;
  code_challenge_method?: string;
  /** Ours, for tests: who signs in, or a refusal. */
  sim_email?: string;
  sim_org?: string;
  sim_refuse?: string;
}

/** Login page that approves by itself, token endpoint, and who-am-I. */
export function oauthRoutes(app: FastifyInstance, tenant: Tenant): void {
  const config = { kind: 'oauth', errors: 'oauth' } as const;

  app.get<{ Querystring: AuthorizeQuery }>('/v1/authorize', { config }, async (request, reply) => {
    const query = request.query;
    const client = tenant.options.clients.find((one) => one.id === query.client_id);
    if (client === undefined) throw new ApiError(400, 'client_id is not known.');
    if (query.redirect_uri === undefined || !URL.canParse(query.redirect_uri)) {
      throw new ApiError(400, 'redirect_uri is missing or no URL.');
    }
    const back = new URL(query.redirect_uri);
    if (query.state !== undefined) back.searchParams.set('state', query.state);
    const refused = query.sim_refuse !== undefined || tenant.faults.strike('authorize-refused') !== undefined;
    if (query.response_type !== 'code' || query.scope === undefined || refused) {
      const error = refused
        ? 'access_denied'
        : query.scope === undefined
          ? 'invalid_scope'
          : 'unsupported_response_type';
      back.searchParams.set('error', error);
      return reply.redirect(back.href, 302);
    }
    const account = { ...tenant.tokens.settings.account };
    if (query.sim_email !== undefined) account.email = query.sim_email;
    if (query.sim_org !== undefined) account.orgId = query.sim_org;
    const scopes = (account.scope ?? query.scope).split(' ').filter((scope) => scope !== '');
    const grant = { clientId: client.id, account, scopes };
    const { code_challenge: challenge, code_challenge_method: method } = query;
    back.searchParams.set('code', tenant.tokens.issueCode(grant, query.redirect_uri, challenge, method));
    return reply.redirect(back.href, 302);
  });

  app.post<{ Body: Record<string, string> | undefined }>('/v1/access_token', { config }, async (request) => {
    const form = request.body ?? {};
    const client = tenant.options.clients.find((one) => one.id === form.client_id);
    if (client === undefined || client.secret !== form.client_secret) {
      throw new ApiError(401, 'client_id or client_secret is wrong.');
    }
    const off = tenant.faults.strike('client-refused', 'oauth');
    if (off !== undefined) throw new ApiError(off.status ?? 401, off.message ?? 'client_id or client_secret is wrong.');
    const answer = exchange(tenant, form, client.id);
    if (typeof answer === 'string') throw new ApiError(400, answer);
    await keepAnswer(tenant.faults, request);
    return answer;
  });

  app.get('/v1/people/me', { config: { ...config } }, async (request) => {
    const token = /^Bearer (\S+)$/.exec(headerOf(request, 'authorization') ?? '')?.[1];
    const known = token === undefined ? undefined : tenant.tokens.accessToken(token);
    if (known === undefined || known === 'expired') {
      throw new ApiError(401, 'The request requires a valid access token set in the Authorization request header.');
    }
    const { account } = known;
    const person = personOf(tenant, account);
    const hydraId = (kind: string, id: string): string =>
      Buffer.from(`ciscospark://us/${kind}/${id}`).toString('base64url');
    return {
      id: hydraId('PEOPLE', person.identityId),
      emails: [account.email],
      displayName: person.displayName,
      orgId: hydraId('ORGANIZATION', account.orgId),
      created: '2024-01-01T00:00:00.000Z',
      status: 'active',
      type: 'person',
    };
  });
}

/** The tokens are granted, and then the answer comes late or never: what a client must survive. */
async function keepAnswer(faults: FaultBoard, request: FastifyRequest): Promise<void> {
  const held = faults.strike('answer-held', 'oauth');
  if (held !== undefined) await (held.delayMs === undefined ? faults.untilOff(held) : delay(held.delayMs));
  if (faults.strike('answer-lost', 'oauth') === undefined) return;
  request.raw.socket.destroy();
  throw new ApiError(500, 'The connection was closed on purpose.');
}

/** The account as the directory knows it; somebody else has an identity made of the address. */
function personOf(tenant: Tenant, account: Account): { identityId: string; displayName: string } {
  for (const user of tenant.directory.table('user').all()) {
    if (user.email !== account.email) continue;
    return { identityId: String(user.ciUserId), displayName: `${user.firstName} ${user.lastName}` };
  }
  return { identityId: createPrng(seedOf(account.email)).uuid(), displayName: account.displayName };
}

function exchange(tenant: Tenant, form: Record<string, string>, clientId: string): object | string {
  if (form.grant_type === 'authorization_code') {
    return tenant.tokens.redeemCode(form.code ?? '', clientId, form.redirect_uri ?? '', form.code_verifier);
  }
  if (form.grant_type === 'refresh_token') {
    const refused = tenant.faults.strike('refresh-refused');
    if (refused !== undefined) {
      throw new ApiError(
        refused.status ?? 400,
        refused.message ?? 'This refresh token cannot be used: it was revoked, has expired or is not one of ours.',
      );
    }
    return tenant.tokens.refresh(form.refresh_token ?? '', clientId);
  }
  return 'grant_type must be authorization_code or refresh_token.';
}
