import type { FastifyInstance } from 'fastify';
import type { Tenant } from '../tenant.ts';
import type { OauthChange } from '../testing/simulator-control.ts';

/** Who signs in, how long codes and tokens live, and how they die. */
export function oauthControlRoutes(app: FastifyInstance, { tokens }: Tenant): void {
  app.post<{ Body: OauthChange }>('/control/oauth', async (request) => {
    const { email, orgId, scope, ...lifetimes } = request.body;
    const { settings } = tokens;
    Object.assign(settings, lifetimes);
    if (email !== undefined) settings.account.email = email;
    if (orgId !== undefined) settings.account.orgId = orgId;
    if (scope !== undefined) settings.account.scope = scope ?? undefined;
    return settings;
  });
  app.get('/control/oauth', async () => ({ refreshes: tokens.refreshCount(), settings: tokens.settings }));
  app.post('/control/oauth/expire-access-tokens', async () => ({ expired: tokens.expireAccessTokens() }));
  app.post('/control/oauth/expire-refresh-tokens', async () => ({ expired: tokens.expireRefreshTokens() }));
  app.post('/control/oauth/expire-codes', async () => ({ expired: tokens.expireCodes() }));
  app.post('/control/oauth/revoke-all', async () => ({ revoked: tokens.revokeAll() }));
}
