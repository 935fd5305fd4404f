import { describe, expect, it } from '@jest/globals';
import { Type } from 'typebox';
import { accessOptions } from './access-config.ts';
import { baseConfig } from './base-config.ts';
import { loadConfig } from './config.ts';

const load = (env: Record<string, string>) =>
  accessOptions(
    loadConfig(Type.Object({ ...baseConfig }), {
      DATABASE_URL: 'postgres://h/d',
      REDIS_URL: 'redis://h',
      KAFKA_BROKERS: 'a:1',
      ...env,
    }),
  );

describe('access out of the configuration', () => {
  it('is API keys alone, unless an OpenID provider is configured', () => {
    expect(load({})).toEqual({ apiKeys: [] });
    const [OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL] = ['https://id.example', 'wfo', 'https://id.example/jwks'];
    expect(load({ OIDC_ISSUER, OIDC_AUDIENCE, OIDC_JWKS_URL, OIDC_SCOPES_CLAIM: 'scp' }).oidc).toEqual({
      issuer: OIDC_ISSUER,
      audience: OIDC_AUDIENCE,
      jwksUrl: OIDC_JWKS_URL,
      tenantClaim: 'tenant_id',
      scopesClaim: 'scp',
    });
  });

  it('is refused when two API keys have one id', () => {
    const key = { id: 'ops', sha256: '0'.repeat(64), scopes: ['*'], tenantId: null };
    const keys = [key, { ...key, id: 'other' }, { ...key, sha256: '1'.repeat(64) }];
    expect(() => load({ API_KEYS: JSON.stringify(keys) })).toThrow(
      "API_KEYS: names the id 'ops' twice. Give every key an id of its own.",
    );
  });

  it('is refused when the provider is configured by halves', () => {
    expect(() => load({ OIDC_AUDIENCE: 'wfo' })).toThrow(
      /OIDC_ISSUER: is not set, but another OIDC_ variable is\. Set all three of them or none\.\n {2}OIDC_JWKS_URL/,
    );
  });
});
