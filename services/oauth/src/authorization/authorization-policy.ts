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

/** Only the hash of a `state` is stored, so that a reader of the database cannot answer in somebody’s place. */
export function hashState(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}

/** PKCE S256 challenge of a verifier (RFC 7636). */
export function codeChallenge(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url');
}
