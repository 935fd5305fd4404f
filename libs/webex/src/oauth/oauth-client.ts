import { type Credentials, createBearerCredentials } from '../http/credentials.ts';
import { amountOf, listAt, objectAt, requiredText, textOf, textsOf } from '../http/fields.ts';
import { createTransport } from '../http/transport.ts';
import { WebexError } from '../http/webex-error.ts';
import type { WebexEndpoints, WebexQuota, WebexTimeouts } from '../port.ts';

export interface TokenSet {
  accessToken: string;
  /** May or may not be the one that was used: always store both. */
  refreshToken: string;
  accessTokenExpiresAtMs: number;
  refreshTokenExpiresAtMs: number;
  scope?: string;
  /** The organization that the access token names in its last `_` part; null when there is none. */
  orgId: string | null;
}

export interface AuthorizationRequest {
  clientId: string;
  redirectUri: string;
  scopes: readonly string[];
  state: string;
  /** PKCE, method S256. */
  codeChallenge?: string;
}

export interface CodeExchange {
  clientId: string;
  clientSecret: string;
  code: string;
  redirectUri: string;
  codeVerifier?: string;
}

export interface TokenRefresh {
  clientId: string;
  clientSecret: string;
  refreshToken: string;
}

export interface Authorizer {
  emails: string[];
  orgId: string | null;
  displayName?: string;
  /** The Common Identity id of the person, by which `findUserByIdentity` finds the same one in the directory. */
  identityId?: string;
  /** The server's clock when it answered (its `Date` header, whole seconds): ours minus it is the skew. */
  serverTimeMs?: number;
}

export interface OAuthClient {
  /** Where to send the person who authorizes the bridge. */
  authorizeUrl(request: AuthorizationRequest): string;
  /** One attempt: a code can be used once. @throws WebexError `refused` when the code or client is not accepted */
  exchangeCode(exchange: CodeExchange): Promise<TokenSet>;
  /**
   * One attempt: whether to try again after an unclear end is the caller's decision, who knows which token is at stake.
   * @throws WebexError `refused` (HTTP 400 or 401) when the grant or the client is refused for good
   */
  refresh(refresh: TokenRefresh): Promise<TokenSet>;
  /** Whose token it is. With `quotaKey` (the client id) the request is taken from that budget. */
  whoAmI(accessToken: string, options?: { quotaKey?: string; signal?: AbortSignal }): Promise<Authorizer>;
}

export interface OAuthClientOptions {
  endpoints: WebexEndpoints;
  quota?: WebexQuota;
  timeouts?: WebexTimeouts;
}

/** Access tokens live 14 days and refresh tokens 90 where the answer does not say otherwise. */
const DEFAULT_ACCESS_SECONDS = 1_209_599;
const DEFAULT_REFRESH_SECONDS = 7_775_999;

/** Webex's OAuth 2.0 authorization-code flow. */
export function createOAuthClient(options: OAuthClientOptions): OAuthClient {
  const { endpoints, quota, timeouts } = options;

  const transportFor = (quotaKey: string | undefined, credentials?: Credentials) =>
    createTransport({
      hosts: endpoints,
      timeouts,
      budget: quota && quotaKey ? { quota, quotaKey, kind: 'token' } : undefined,
      credentials,
    });

  async function grant(what: string, operation: string, clientId: string, form: Record<string, string>) {
    const askedAtMs = Date.now();
    const secrets = ['client_secret', 'code', 'refresh_token', 'code_verifier'].flatMap((name) => form[name] ?? []);
    try {
      const url = endpoints.oauthTokenUrl;
      const call = { what, operation, method: 'POST', url, form, secrets, retries: 'never' } as const;
      return decodeTokens(await transportFor(clientId).call(call), askedAtMs);
    } catch (error) {
      throw asRefusal(what, error);
    }
  }

  return {
    authorizeUrl(request) {
      const url = new URL(endpoints.oauthAuthorizeUrl);
      url.searchParams.set('response_type', 'code');
      url.searchParams.set('client_id', request.clientId);
      url.searchParams.set('redirect_uri', request.redirectUri);
      url.searchParams.set('scope', request.scopes.join(' '));
      url.searchParams.set('state', request.state);
      if (request.codeChallenge) {
        url.searchParams.set('code_challenge', request.codeChallenge);
        url.searchParams.set('code_challenge_method', 'S256');
      }
      return url.href;
    },

    exchangeCode: (exchange) =>
      grant('Exchanging the authorization code', 'oauth.exchange', exchange.clientId, {
        grant_type: 'authorization_code',
        client_id: exchange.clientId,
        client_secret: exchange.clientSecret,
        code: exchange.code,
        redirect_uri: exchange.redirectUri,
        ...(exchange.codeVerifier ? { code_verifier: exchange.codeVerifier } : {}),
      }),

    refresh: (refresh) =>
      grant('Refreshing the access token', 'oauth.refresh', refresh.clientId, {
        grant_type: 'refresh_token',
        client_id: refresh.clientId,
        client_secret: refresh.clientSecret,
        refresh_token: refresh.refreshToken,
      }),

    async whoAmI(accessToken, { quotaKey, signal } = {}) {
      let serverTimeMs: number | undefined;
      const answer = await transportFor(
        quotaKey,
        createBearerCredentials(async () => accessToken),
      ).call({
        what: 'Asking who authorized the bridge',
        operation: 'oauth.who-am-i',
        method: 'GET',
        url: endpoints.peopleMeUrl,
        signal,
        onServerTime: (timeMs) => {
          serverTimeMs = timeMs;
        },
      });
      const fields = objectAt(answer, 'answer');
      const identityId = decodePublicId(textOf(fields, 'id', 'answer'));
      const displayName = textOf(fields, 'displayName', 'answer');
      return {
        emails: listAt(fields.emails, 'answer.emails').length > 0 ? textsOf(fields, 'emails', 'answer') : [],
        orgId: decodePublicId(textOf(fields, 'orgId', 'answer')),
        ...(displayName ? { displayName } : {}),
        ...(identityId ? { identityId } : {}),
        ...(serverTimeMs === undefined ? {} : { serverTimeMs }),
      };
    },
  };
}

/** The organization id that an access token names, or null: `secret_cluster_orgId`. */
export function orgIdOfToken(accessToken: string): string | null {
  const last = accessToken.split('_').at(-1) ?? '';
  return accessToken.includes('_') && UUID.test(last) ? last.toLowerCase() : null;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** People and organizations have Base64 of `ciscospark://us/ORGANIZATION/{uuid}`; a bare UUID is taken as it is. */
function decodePublicId(value: string | null): string | null {
  if (value === null) return null;
  const last = UUID.test(value) ? value : (Buffer.from(value, 'base64').toString('utf8').split('/').at(-1) ?? '');
  return UUID.test(last) ? last.toLowerCase() : null;
}

function decodeTokens(answer: unknown, askedAtMs: number): TokenSet {
  const fields = objectAt(answer, 'answer');
  const seconds = (name: string, otherwise: number) => amountOf(fields, name, 'answer') ?? otherwise;
  const accessToken = requiredText(fields, 'access_token', 'answer');
  const scope = textOf(fields, 'scope', 'answer');
  return {
    accessToken,
    refreshToken: requiredText(fields, 'refresh_token', 'answer'),
    // Counted from the asking, not the answer: never later than Webex thinks.
    accessTokenExpiresAtMs: askedAtMs + seconds('expires_in', DEFAULT_ACCESS_SECONDS) * 1000,
    refreshTokenExpiresAtMs: askedAtMs + seconds('refresh_token_expires_in', DEFAULT_REFRESH_SECONDS) * 1000,
    ...(scope ? { scope } : {}),
    orgId: orgIdOfToken(accessToken),
  };
}

/** The body of a refused grant is not documented, so the status alone decides; what it says is handed on as evidence. */
function asRefusal(what: string, error: unknown): unknown {
  if (!(error instanceof WebexError) || (error.statusCode !== 400 && error.statusCode !== 401)) return error;
  const message = `${what} was refused (HTTP ${error.statusCode}): the grant is expired, revoked or already used, or the client id or secret is wrong. Check the client, then authorize the ACD again`;
  const { statusCode, trackingId, answerKey, answerText } = error;
  return new WebexError('refused', message, { statusCode, trackingId, answerKey, answerText });
}
