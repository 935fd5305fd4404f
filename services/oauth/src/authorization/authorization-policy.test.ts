import { describe, expect, it } from '@jest/globals';
import { codeChallenge, judgeAuthorizer } from './authorization-policy.ts';
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
