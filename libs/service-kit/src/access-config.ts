import type { Static, TObject } from 'typebox';
import type { AccessOptions } from './access.ts';
import type { baseConfig } from './base-config.ts';
import { ConfigError } from './config.ts';

type AccessVariables = Pick<
  Static<TObject<typeof baseConfig>>,
  'API_KEYS' | 'OIDC_ISSUER' | 'OIDC_AUDIENCE' | 'OIDC_JWKS_URL' | 'OIDC_TENANT_CLAIM' | 'OIDC_SCOPES_CLAIM'
>;

/**
 * What the base configuration says about access: `createAccessControl({ pool, ...accessOptions(config) })`.
 * @throws ConfigError when OIDC is configured by halves
 */
export function accessOptions(config: AccessVariables): Pick<AccessOptions, 'apiKeys' | 'oidc'> {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: jwksUrl } = config;
  const apiKeys = config.API_KEYS;
  if (!issuer && !audience && !jwksUrl) return { apiKeys };
  if (!issuer || !audience || !jwksUrl) {
    const missing = Object.entries({ OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: jwksUrl });
    throw new ConfigError(
      missing.flatMap(([name, value]) =>
        value ? [] : [`${name}: is not set, but another OIDC_ variable is. Set all three of them or none.`],
      ),
    );
  }
  const { OIDC_TENANT_CLAIM: tenantClaim, OIDC_SCOPES_CLAIM: scopesClaim } = config;
  return { apiKeys, oidc: { issuer, audience, jwksUrl, tenantClaim, scopesClaim } };
}
