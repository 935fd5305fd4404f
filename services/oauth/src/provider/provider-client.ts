import {
  type Authorizer,
  createOAuthClient,
  type OAuthClient,
  type SharedQuota,
  type TokenSet,
  type WebexEndpoints,
  WebexError,
  type WebexQuota,
} from '@wxcc-wfo/webex';

/**
 * Every call to the provider with an end that is known beforehand: an intent outlasts two refreshes of it (see
 * `refresh-job.ts`). The OAuth client's own default would be longer, and the wait for the budget without any bound.
 */
export const CALL_DEADLINE_MS = 15_000;
export const REFRESH_BUDGET_WAIT_MS = 10_000;
/** A person waits for it: longer than a process without Redis needs for one request. */
const SIGN_IN_BUDGET_WAIT_MS = 25_000;

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

/** How long a grant may wait for the budget, and whether it may still be sent after that. */
interface Waiting {
  waitMs: number;
  maySend?(): boolean;
  stopping?: AbortSignal | undefined;
}

/** Webex's OAuth endpoints, each call bounded. @throws WebexError, NotSent */
export function createProvider(deps: { endpoints: WebexEndpoints; quota: SharedQuota }): Provider {
  const { endpoints, quota } = deps;
  const timeouts = { headersMs: CALL_DEADLINE_MS, bodyMs: CALL_DEADLINE_MS, deadlineMs: CALL_DEADLINE_MS };
  const people = createOAuthClient({ endpoints, timeouts, quota });

  /** The budget for one grant; who gets no permission of it has sent nothing. */
  function budgetOf(quotaKey: string, o: Waiting): WebexQuota {
    return {
      async acquire({ kind, signal }) {
        const ends = [AbortSignal.timeout(o.waitMs), o.stopping, signal].filter((end) => end !== undefined);
        const permission = await quota
          .acquire({ quotaKey, kind, signal: AbortSignal.any(ends) })
          .catch((cause: unknown) => {
            throw new NotSent('The budget of the client id left no room for the request in time; it is tried again.', {
              cause,
            });
          });
        if (o.maySend?.() === false) {
          throw new NotSent('The intent to refresh was too old when the request could have been sent.');
        }
        return permission;
      },
      penalise: (_, retryAfterMs) => quota.penalise(quotaKey, retryAfterMs),
    };
  }

  const grants = (quotaKey: string, o: Waiting) =>
    createOAuthClient({ endpoints, timeouts, quota: budgetOf(quotaKey, o) });

  return {
    authorizeUrl: people.authorizeUrl,
    exchangeCode: ({ quotaKey, clientId, clientSecret }, sent) =>
      grants(quotaKey, { waitMs: SIGN_IN_BUDGET_WAIT_MS }).exchangeCode({ clientId, clientSecret, ...sent }),
    refresh: ({ quotaKey, clientId, clientSecret }, refreshToken, o) =>
      grants(quotaKey, { waitMs: REFRESH_BUDGET_WAIT_MS, ...o }).refresh({ clientId, clientSecret, refreshToken }),
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
