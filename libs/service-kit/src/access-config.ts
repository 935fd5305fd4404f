import type { Static, TObject } from 'typebox';
import type { AccessOptions } from './access.ts';
import type { baseConfig } from './base-config.ts';

type AccessVariables = Pick<
  Static<TObject<typeof baseConfig>>,
  'API_KEYS' | 'OIDC_ISSUER' | 'OIDC_AUDIENCE' | 'OIDC_JWKS_URL' | 'OIDC_TENANT_CLAIM' | 'OIDC_SCOPES_CLAIM'
>;

const PROVIDER = ['OIDC_ISSUER', 'OIDC_AUDIENCE', 'OIDC_JWKS_URL'] as const;

/** What the base configuration says about access: `createAccessControl({ pool, ...accessOptions(config) })`. */
export function accessOptions(config: AccessVariables): Pick<AccessOptions, 'apiKeys' | 'oidc'> {
  const { OIDC_ISSUER: issuer, OIDC_AUDIENCE: audience, OIDC_JWKS_URL: jwksUrl } = config;
  const apiKeys = config.API_KEYS;
  // Halves were refused by `loadConfig`.
  if (!issuer || !audience || !jwksUrl) return { apiKeys };
  const { OIDC_TENANT_CLAIM: tenantClaim, OIDC_SCOPES_CLAIM: scopesClaim } = config;
  return { apiKeys, oidc: { issuer, audience, jwksUrl, tenantClaim, scopesClaim } };
}

/**
 * What no variable can tell by itself: a provider that is configured by halves, an id that two API keys have.
 * @param values of any shape, as they may be wrong otherwise, too
 */
export function accessProblems(values: Record<string, unknown>): string[] {
  const missing = PROVIDER.filter((name) => !values[name]);
  const halves = missing.length === PROVIDER.length ? [] : missing;
  const ids = Array.isArray(values.API_KEYS) ? values.API_KEYS.map((key: { id?: unknown } | null) => key?.id) : [];
  const doubled = ids.filter((id, index) => typeof id === 'string' && ids.indexOf(id) < index);
  return [
    ...halves.map((name) => `${name}: is not set, but another OIDC_ variable is. Set all three of them or none.`),
    ...new Set(doubled.map((id) => `API_KEYS: names the id '${id}' twice. Give every key an id of its own.`)),
  ];
}
