import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Caller } from './caller.ts';

export interface OidcOptions {
  issuer: string;
  audience: string;
  jwksUrl: string;
  /** Claim with the tenant's UUID; default `tenant_id` */
  tenantClaim?: string;
  /** Claim with the scopes, space separated text or a list; default `scope` */
  scopesClaim?: string;
}

/** The keys of the issuer can't be had now; whether the token is good is not known. */
export class OidcUnavailableError extends Error {
  override readonly name = 'OidcUnavailableError';
}

const ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Checks bearer tokens of an OpenID provider: signature (asymmetric algorithms only), issuer, audience, expiry, tenant.
 * The function gives the caller, or null when the token is refused.
 * @throws OidcUnavailableError when the signing keys can't be read
 */
export function createOidcVerifier(o: OidcOptions): (token: string) => Promise<Caller | null> {
  const keys = createRemoteJWKSet(new URL(o.jwksUrl), { timeoutDuration: 3_000, cooldownDuration: 10_000 });
  return async function verifyToken(token) {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: o.issuer,
        audience: o.audience,
        algorithms: ALGORITHMS,
        requiredClaims: ['exp', 'sub'],
        clockTolerance: 5,
      });
      return callerOf(payload, o);
    } catch (error) {
      if (isRefusal(error)) return null;
      throw new OidcUnavailableError('The signing keys of the OpenID issuer cannot be read.', { cause: error });
    }
  };
}

function callerOf(payload: JWTPayload, o: OidcOptions): Caller | null {
  const tenantId = payload[o.tenantClaim ?? 'tenant_id'];
  // A token of an issuer never speaks for the whole platform: without a tenant it is good for nothing.
  if (typeof tenantId !== 'string' || !UUID.test(tenantId)) return null;
  const claimed = payload[o.scopesClaim ?? 'scope'];
  const scopes = Array.isArray(claimed) ? claimed.map(String) : typeof claimed === 'string' ? claimed.split(' ') : [];
  return { subject: `oidc:${payload.sub}`, tenantId, scopes: scopes.filter((scope) => scope !== '') };
}

function isRefusal(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return false;
  // jose wraps a failed fetch of the keys in its plain base error.
  return error instanceof errors.JOSEError && error.code !== 'ERR_JOSE_GENERIC';
}
