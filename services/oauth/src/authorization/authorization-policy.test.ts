import { describe, expect, it } from '@jest/globals';
import { codeChallenge, judgeAuthorizer, judgeGrantRefusal } from './authorization-policy.ts';
import { bindingCookie, readCookie, setCookie } from './browser-binding-policy.ts';
import { callbackPage, wantsPage } from './callback-page.ts';

const ORG = '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2';
const OTHER = '00000000-0000-4000-8000-000000000001';
const expected = { webexOrgId: ORG, username: 'admin@contactcentre.example' };

describe('AUTH-01 the authorization is for the same organization and account', () => {
  it.each<[string, string | null, string | null, string[], string]>([
    ['same', ORG, ORG, ['admin@contactcentre.example'], 'ok'],
    ['token does not tell', null, ORG, ['admin@contactcentre.example'], 'ok'],
    ['person does not tell', ORG, null, ['admin@contactcentre.example'], 'ok'],
    ['other spelling', ORG.toUpperCase(), ORG, ['ADMIN@contactcentre.example'], 'ok'],
    ['one of several addresses', ORG, ORG, ['a@b.example', 'admin@contactcentre.example'], 'ok'],
    ['other organization', OTHER, OTHER, ['admin@contactcentre.example'], 'organization-mismatch'],
    ['person of another organization', ORG, OTHER, ['admin@contactcentre.example'], 'organization-mismatch'],
    ['nobody tells', null, null, ['admin@contactcentre.example'], 'organization-mismatch'],
    ['other account', ORG, ORG, ['someone@contactcentre.example'], 'account-mismatch'],
    ['no address', ORG, ORG, [], 'account-mismatch'],
  ])('%s', (_, tokenOrgId, personOrgId, emails, code) => {
    const judged = judgeAuthorizer(expected, { tokenOrgId, personOrgId, emails });
    expect(judged.ok ? 'ok' : judged.code).toBe(code);
  });

  it('names both', () => {
    const judged = judgeAuthorizer(expected, { tokenOrgId: ORG, personOrgId: ORG, emails: ['eve@x.example'] });
    expect(judged).toMatchObject({ detail: expect.stringMatching(/admin@contactcentre\.example.*eve@x\.example/) });
  });

  it('makes the PKCE challenge of RFC 7636 appendix B', () =>
    expect(codeChallenge('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    ));
});

describe('AUTH-02 why Webex gave no tokens for a code', () => {
  it.each<[number, string | undefined, string]>([
    [400, 'The authorization code is invalid.', 'code-refused'],
    [400, 'The authorization code was already used.', 'code-used'],
    [400, 'The authorization code has expired.', 'code-expired'],
    [400, 'code_verifier does not fit the code_challenge.', 'code-refused'],
    [400, 'The authorization code was issued to another client.', 'code-refused'],
    [400, 'redirect_uri differs from the one of the authorization request.', 'authorization-refused'],
    // Where Webex leaves open which it was, so do we.
    [400, 'The authorization code is unknown, used or expired.', 'code-refused'],
    [400, 'The code provided is expired, revoked, malformed, or invalid', 'code-refused'],
    [400, 'invalid_grant', 'code-refused'],
    [400, undefined, 'code-refused'],
    [401, 'client_id or client_secret is wrong.', 'client-refused'],
    [401, undefined, 'client-refused'],
    [401, 'The authorization code has expired.', 'code-expired'],
  ])('%i %s → %s', (status, text, code) => expect(judgeGrantRefusal(status, text)).toBe(code));
});

describe('AUTH-01 the cookie that binds a browser to a request', () => {
  const requestId = '7a0b5a34-6f5e-4f0e-8f4e-6b1a2c3d4e5f';
  it.each([
    ['https://bridge.example', '__Host-wfo-authorization-7a0b5a34', '; Secure'],
    // Browsers keep no `Secure` cookie of a loopback address without https.
    ['http://127.0.0.1:8080', 'wfo-authorization-7a0b5a34', ''],
  ])('%s', (url, name, secure) => {
    const cookie = bindingCookie(requestId, url);
    expect(setCookie(cookie, 'v1', 899.6)).toBe(`${name}=v1; Path=/; HttpOnly; SameSite=Lax; Max-Age=899${secure}`);
    expect(readCookie(`a=b; ${name}=v1; c=d`, name)).toBe('v1');
  });

  it.each([
    ['no cookies', undefined],
    ['another one', 'x-name=1; name2=1'],
    ['two of the name: one of them was planted', 'name=1; name=2'],
  ])('%s → none', (_, header) => expect(readCookie(header, 'name')).toBeUndefined());
});

describe('the page at the end of a sign-in', () => {
  it.each([
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['application/json', false],
    ['*/*', false],
    ['text/html;q=0, application/json', false],
    [undefined, false],
  ])('Accept %s: %s', (accept, page) => expect(wantsPage(accept)).toBe(page));

  it('escapes whatever it shows', () => {
    const page = callbackPage({ acdId: 'x', name: '<script>alert("1")</script>', authorization: 'authorized' });
    expect(page).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;');
    expect(page).not.toContain('<script>');
  });
});
