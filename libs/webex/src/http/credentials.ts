import { createHmac } from 'node:crypto';
import { WebexError } from './webex-error.ts';

/** What one attempt of a call carries. Made anew for each attempt and kept nowhere. */
export interface Authorization {
  headers: Record<string, string>;
  /** Texts that a server may echo and no error may show. */
  secrets: readonly string[];
}

/** How a connection proves who it is: a bearer of OAuth, or the username and API key of 1.0 and CMSv2 (AUTH-07). */
export interface Credentials {
  /**
   * Asked before each call, and once more with what was refused after a 401.
   * Undefined, possible only then: there is nothing else to offer, so that the refusal stands.
   */
  authorize(refused?: Authorization): Promise<Authorization | undefined>;
}

/** The bearer of OAuth; `getAccessToken` is given the token that was refused. */
export function createBearerCredentials(getAccessToken: (refused?: string) => Promise<string>): Credentials {
  return {
    async authorize(refused) {
      const token = await getAccessToken(refused?.secrets[0]);
      return { headers: { authorization: `Bearer ${token}` }, secrets: [token] };
    },
  };
}

/**
 * The credential of the legacy APIs (AUTH-07): `From` is the user's e-mail address and `Authorization` the Base64 of
 * HMAC-SHA1 over that address under the API key, as Cisco's lab for Analyzer 1.0 prints it. The key itself never
 * travels. Nothing in it changes with time, so a refused one is not tried again.
 * @throws WebexError `invalid-request` when the username is no e-mail address or the key is empty
 */
export function createApiKeyCredentials(o: { username: string; apiKey: string }): Credentials {
  const username = o.username.trim();
  const apiKey = o.apiKey.trim();
  // Also keeps line breaks out of a header.
  if (!/^[\x21-\x7e]+@[\x21-\x7e]+$/.test(username)) {
    throw new WebexError(
      'invalid-request',
      'The username of the connection is no e-mail address: enter the address of the user who may use both 1.0 APIs',
    );
  }
  if (apiKey === '') {
    throw new WebexError('invalid-request', 'The API key of the connection is empty: enter the key of that user');
  }
  const signature = createHmac('sha1', apiKey).update(username, 'utf8').digest('base64');
  return {
    async authorize(refused) {
      if (refused) return undefined;
      return { headers: { from: username, authorization: signature }, secrets: [apiKey, signature, username] };
    },
  };
}
