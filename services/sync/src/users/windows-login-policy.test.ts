import { describe, expect, it } from '@jest/globals';
import { parseWindowsLogin } from './windows-login-policy.ts';

describe('SYNC-08 Windows login', () => {
  it.each([
    ['CONTOSO\\jdoe', 'CONTOSO\\jdoe'],
    ['contoso.example\\Jane Doe', 'contoso.example\\Jane Doe'],
    ['jdoe@contoso.example', 'jdoe@contoso.example'],
    ['jdoe', 'jdoe'],
    ['  CONTOSO\\jdoe \n', 'CONTOSO\\jdoe'],
    ['CONTOSO\\jürgen.müller', 'CONTOSO\\jürgen.müller'],
    ["o'brien", "o'brien"],
    ['CONTOSO\\svc$', 'CONTOSO\\svc$'],
    [null, null],
  ])('takes %j', (text, login) => {
    expect(parseWindowsLogin(text)).toEqual({ ok: true, login });
  });

  it.each([
    ['', 'empty'],
    ['   ', 'empty'],
    ['\\jdoe', 'domain is missing'],
    ['CONTOSO\\', 'user name is missing'],
    ['jdoe@', 'domain is missing'],
    ['@contoso.example', 'user name is missing'],
    ['CONTOSO\\jdoe@contoso.example', 'domain twice'],
    ['CONTOSO\\sub\\jdoe', 'forbids'],
    ['a@b@contoso.example', 'forbids'],
    ['.\\jdoe', 'computer itself'],
    ['CON TOSO\\jdoe', 'no domain has'],
    ['CONTOSO/jdoe', 'forbids'],
    ['CONTOSO\\jdoe.', 'ends with a dot'],
    ['CONTOSO\\ jdoe', 'space'],
    ['jd\u0000oe', 'control character'],
    [`CONTOSO\\${'j'.repeat(65)}`, 'longer than 64'],
    [`${'c'.repeat(256)}\\jdoe`, 'longer than 255'],
  ])('refuses %j with reason and remedy', (text, reason) => {
    expect(parseWindowsLogin(text)).toEqual({
      ok: false,
      refusal: { reason: expect.stringContaining(reason), remedy: expect.stringContaining('DOMAIN\\user') },
    });
  });
});
