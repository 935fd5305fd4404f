import {
  type Authorizer,
  createOAuthClient,
  type OAuthClient,
  type SharedQuota,
  type TokenSet,
  type WebexEndpoints,
  WebexError,
} from '@wxcc-wfo/webex';

/**
 * Every call to the provider with an end that is known beforehand: an intent outlasts two refreshes of it (see
 * `refresh-job.ts`). The OAuth client's own default would be longer, and the wait for the budget without any bound.
 */
export const CALL_DEADLINE_MS = 15_000;
export const REFRESH_BUDGET_WAIT_MS = 10_000;
/** A person waits for it: longer than a process without Redis needs for one request. */
const SIGN_IN_BUDGET_WAIT_MS = 25_000;
const DEFAULT_PENALTY_MS = 5_000;

/** The request was not sent, so nothing can have happened at the provider. */
export class NotSent extends Error {
  override readonly name = 'NotSent';
}

export interface ClientCredentials {
  clientId: string;
  clientSecret: string;
  /** The budget of the client id, the same for every service (CAP-08). */
  quotaKey: string;
}

export interface Provider {
  authorizeUrl: OAuthClient['authorizeUrl'];
  exchangeCode(
    client: ClientCredentials,
    sent: { code: string; codeVerifier?: string; redirectUri: string },
  ): Promise<TokenSet>;
  /** One attempt. `maySend` is asked after the wait for the budget; `stopping` ends only that wait, never a call. */
  refresh(
    client: ClientCredentials,
    refreshToken: string,
    o: { maySend(): boolean; stopping?: AbortSignal | undefined },
  ): Promise<TokenSet>;
  whoAmI(accessToken: string, client: Pick<ClientCredentials, 'quotaKey'>): Promise<Authorizer>;
}

/** Webex's OAuth endpoints, each call bounded. @throws WebexError, NotSent */
export function createProvider(deps: { endpoints: WebexEndpoints; quota: SharedQuota }): Provider {
  const { endpoints, quota } = deps;
  const timeouts = { headersMs: CALL_DEADLINE_MS, bodyMs: CALL_DEADLINE_MS, deadlineMs: CALL_DEADLINE_MS };
  const grants = createOAuthClient({ endpoints, timeouts });
  const people = createOAuthClient({ endpoints, timeouts, quota });

  async function acquire(quotaKey: string, waitMs: number, stopping?: AbortSignal): Promise<void> {
    const late = AbortSignal.timeout(waitMs);
    try {
      await quota.acquire({ quotaKey, kind: 'token', signal: stopping ? AbortSignal.any([stopping, late]) : late });
    } catch (error) {
      throw new NotSent('The budget of the client id left no room for the request in time; it is tried again.', {
        cause: error,
      });
    }
  }

  /** A 429 stops the client id in all processes, as it does for every other call. */
  async function heedingLimits<T>(quotaKey: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (error instanceof WebexError && error.kind === 'rate-limited') {
        await quota.penalise(quotaKey, error.retryAfterMs ?? DEFAULT_PENALTY_MS);
      }
      throw error;
    }
  }

  return {
    authorizeUrl: grants.authorizeUrl,
    async exchangeCode({ quotaKey, clientId, clientSecret }, sent) {
      await acquire(quotaKey, SIGN_IN_BUDGET_WAIT_MS);
      return await heedingLimits(quotaKey, () => grants.exchangeCode({ clientId, clientSecret, ...sent }));
    },
    async refresh({ quotaKey, clientId, clientSecret }, refreshToken, o) {
      await acquire(quotaKey, REFRESH_BUDGET_WAIT_MS, o.stopping);
      if (!o.maySend()) throw new NotSent('The intent to refresh was too old when the request could have been sent.');
      return await heedingLimits(quotaKey, () => grants.refresh({ clientId, clientSecret, refreshToken }));
    },
    async whoAmI(accessToken, { quotaKey }) {
      const signal = AbortSignal.timeout(SIGN_IN_BUDGET_WAIT_MS + CALL_DEADLINE_MS);
      try {
        return await people.whoAmI(accessToken, { quotaKey, signal });
      } catch (error) {
        if (!signal.aborted) throw error;
        throw new WebexError('timeout', 'Asking who authorized the bridge took too long');
      }
    },
  };
}
