import { createHash } from 'node:crypto';

/** Whether an authorization is the right one (AUTH-01): same organization, same account. */

export interface Authorizer {
  /** Organization of the token, a UUID, or null when the token does not tell. */
  tokenOrgId: string | null;
  /** Organization of the person. */
  personOrgId: string | null;
  emails: string[];
}

export type AuthorizationJudgement =
  | { ok: true }
  | { ok: false; code: 'organization-mismatch' | 'account-mismatch'; detail: string; remedy: string };

/** Refuses an authorization of another organization or account, naming both. */
export function judgeAuthorizer(
  expected: { webexOrgId: string; username: string },
  authorizer: Authorizer,
): AuthorizationJudgement {
  const wantedOrg = expected.webexOrgId.toLowerCase();
  const known = [authorizer.tokenOrgId, authorizer.personOrgId].filter((id) => id !== null);
  // Both must agree where both are known: a token of one organization in the hands of a person of another is refused.
  const foreign = known.find((id) => id.toLowerCase() !== wantedOrg);
  if (known.length === 0 || foreign !== undefined) {
    const organization = foreign ?? null;
    return {
      ok: false,
      code: 'organization-mismatch',
      detail: `The ACD is configured for the Webex organization ${expected.webexOrgId}, but the authorization is for ${organization ?? 'an organization that Webex does not name'}.`,
      remedy: 'Sign in with an administrator of the configured organization, or correct the ACD’s tenant id.',
    };
  }
  const wanted = expected.username.toLowerCase();
  if (!authorizer.emails.some((email) => email.toLowerCase() === wanted)) {
    return {
      ok: false,
      code: 'account-mismatch',
      detail: `The ACD is configured for ${expected.username}, but ${authorizer.emails.join(', ') || 'an account without an e-mail address'} authorized it.`,
      remedy: 'Use a private browser window and sign in as the configured account, or correct the ACD’s username.',
    };
  }
  return { ok: true };
}

export type GrantRefusal = 'client-refused' | 'code-used' | 'code-expired' | 'code-refused' | 'authorization-refused';

/**
 * Why Webex did not give tokens for a code. The status alone is documented, and 401 is for the client; where the text
 * says plainly which of the usual reasons it was, that is passed on, and where it leaves it open, so do we.
 */
export function judgeGrantRefusal(statusCode: number | undefined, text: string | undefined): GrantRefusal {
  const said = (text ?? '').toLowerCase();
  if (/redirect[_ ]?uri/.test(said)) return 'authorization-refused';
  if (statusCode === 401 && !/\b(code|grant)\b/.test(said)) return 'client-refused';
  const reasons = [
    /\bexpired\b/.test(said) && 'code-expired',
    /\b(used|redeemed|consumed)\b/.test(said) && 'code-used',
    /\b(unknown|invalid|malformed|wrong|not found|another client|verifier|challenge)\b/.test(said) && 'code-refused',
  ].filter((reason): reason is GrantRefusal => reason !== false);
  const plain = new Set(reasons);
  return plain.size === 1 ? reasons[0]! : 'code-refused';
}

/**
 * Only the hashes of tickets, states, cookies and codes are stored, so that a reader of the database cannot answer in
 * somebody’s place.
 */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

/** PKCE S256 challenge of a verifier (RFC 7636). */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
