import { createHash, randomBytes } from 'node:crypto';

export interface Account {
  email: string;
  orgId: string;
  displayName: string;
  scope: string | undefined;
}

export interface OauthSettings {
  accessTokenSeconds: number;
  refreshTokenSeconds: number;
  rotateRefreshTokens: boolean;
  codeSeconds: number;
  /** Who signs in on the login page. */
  account: Account;
}

export interface Grant {
  clientId: string;
  account: Account;
  scopes: string[];
}

interface Code extends Grant {
  redirectUri: string;
  expiresMs: number;
  challenge: string | undefined;
  challengeMethod: string | undefined;
}

interface RefreshToken extends Grant {
  expiresMs: number;
}

export interface AccessToken extends Grant {
  expiresMs: number;
}

export interface TokenAnswer {
  access_token: string;
  expires_in: number;
  refresh_token: string;
  refresh_token_expires_in: number;
  token_type: 'Bearer';
  scope: string;
}

export interface TokenStore {
  settings: OauthSettings;
  issueCode(grant: Grant, redirectUri: string, challenge?: string, challengeMethod?: string): string;
  /** Tokens for a code, or the reason of the refusal. A code works once. */
  redeemCode(code: string, clientId: string, redirectUri: string, verifier?: string): TokenAnswer | string;
  refresh(refreshToken: string, clientId: string): TokenAnswer | string;
  accessToken(token: string): AccessToken | 'expired' | undefined;
  /** Every code that was not redeemed yet ends now. */
  expireCodes(): number;
  /** Every access token dies now; refresh tokens live on. */
  expireAccessTokens(): number;
  /** Every refresh token has lived its time; access tokens live on. */
  expireRefreshTokens(): number;
  /** Access and refresh tokens die now. */
  revokeAll(): number;
  refreshCount(): number;
}

export function createTokenStore(settings: OauthSettings, now: () => number): TokenStore {
  const codes = new Map<string, Code>();
  const usedCodes = new Set<string>();
  const accessTokens = new Map<string, AccessToken>();
  const refreshTokens = new Map<string, RefreshToken>();
  let refreshes = 0;

  // The last part is the organization: clients read it from there.
  const newToken = (orgId: string): string =>
    `${randomBytes(36).toString('base64url').replaceAll('_', '-')}_SIM1_${orgId}`;

  const issue = (grant: Grant, keepRefreshToken?: string): TokenAnswer => {
    const access = newToken(grant.account.orgId);
    const refresh = keepRefreshToken ?? newToken(grant.account.orgId);
    const { accessTokenSeconds, refreshTokenSeconds } = settings;
    accessTokens.set(access, { ...grant, expiresMs: now() + accessTokenSeconds * 1_000 });
    refreshTokens.set(refresh, { ...grant, expiresMs: now() + refreshTokenSeconds * 1_000 });
    return {
      access_token: access,
      expires_in: accessTokenSeconds,
      refresh_token: refresh,
      refresh_token_expires_in: refreshTokenSeconds,
      token_type: 'Bearer',
      scope: grant.scopes.join(' '),
    };
  };

  return {
    settings,
    issueCode(grant, redirectUri, challenge, challengeMethod) {
      const code = newToken(grant.account.orgId);
      codes.set(code, {
        ...grant,
        redirectUri,
        challenge,
        challengeMethod,
        expiresMs: now() + settings.codeSeconds * 1_000,
      });
      return code;
    },
    redeemCode(code, clientId, redirectUri, verifier) {
      const known = codes.get(code);
      codes.delete(code);
      if (usedCodes.has(code)) return 'The authorization code was already used.';
      if (known === undefined) return 'The authorization code is invalid.';
      usedCodes.add(code);
      if (known.expiresMs <= now()) return 'The authorization code has expired.';
      if (known.clientId !== clientId) return 'The authorization code was issued to another client.';
      if (known.redirectUri !== redirectUri) return 'redirect_uri differs from the one of the authorization request.';
      if (!challengeHolds(known, verifier)) return 'code_verifier does not fit the code_challenge.';
      return issue(known);
    },
    refresh(refreshToken, clientId) {
      const known = refreshTokens.get(refreshToken);
      if (known === undefined || known.expiresMs <= now() || known.clientId !== clientId) {
        return 'This refresh token cannot be used: it was revoked, has expired or is not one of ours.';
      }
      refreshes += 1;
      if (!settings.rotateRefreshTokens) return issue(known, refreshToken);
      refreshTokens.delete(refreshToken);
      return issue(known);
    },
    accessToken(token) {
      const known = accessTokens.get(token);
      return known !== undefined && known.expiresMs <= now() ? 'expired' : known;
    },
    expireCodes() {
      for (const code of codes.values()) code.expiresMs = 0;
      return codes.size;
    },
    expireRefreshTokens() {
      for (const token of refreshTokens.values()) token.expiresMs = 0;
      return refreshTokens.size;
    },
    expireAccessTokens() {
      for (const token of accessTokens.values()) token.expiresMs = 0;
      return accessTokens.size;
    },
    revokeAll() {
      const count = accessTokens.size + refreshTokens.size;
      accessTokens.clear();
      refreshTokens.clear();
      return count;
    },
    refreshCount: () => refreshes,
  };
}

function challengeHolds(code: Code, verifier: string | undefined): boolean {
  if (code.challenge === undefined) return true;
  if (verifier === undefined) return false;
  if (code.challengeMethod !== 'S256') return verifier === code.challenge;
  return createHash('sha256').update(verifier).digest('base64url') === code.challenge;
}
