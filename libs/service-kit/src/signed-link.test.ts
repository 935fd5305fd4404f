import { createHmac } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signLink, verifyLink } from './signed-link.ts';

const secret = 'a secret of this test';
const path = '/v1/contacts/1/audio';

describe('signed links', () => {
  it('are good until they expire, to the millisecond', () => {
    const url = signLink({ path, expiresAtMs: 5_000, secret });
    expect(verifyLink({ url, nowMs: 4_999, secret })).toEqual({ ok: true, expiresAtMs: 5_000 });
    expect(verifyLink({ url, nowMs: 5_000, secret })).toEqual({ ok: false, why: 'expired' });
  });

  it('are HMAC-SHA256 over path and expiry', () => {
    const signature = createHmac('sha256', secret).update(`${path}\n5000`).digest('base64url');
    expect(signLink({ path, expiresAtMs: 5_000, secret })).toBe(`${path}?expires=5000&signature=${signature}`);
  });

  it.each([
    ['another path', (url: string) => url.replace('/1/', '/2/')],
    ['another expiry', (url: string) => url.replace('expires=5000', 'expires=9000')],
    ['no signature', (url: string) => url.replace(/&signature=.*/, '')],
    ['no query', () => path],
    ['an expiry that is no number', (url: string) => url.replace('5000', '5e3')],
  ])('are refused with %s', (_, change) => {
    const url = change(signLink({ path, expiresAtMs: 5_000, secret }));
    expect(verifyLink({ url, nowMs: 0, secret })).toEqual({ ok: false, why: 'refused' });
  });

  it('are refused under any other secret, and an expired forgery is no oracle', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.nat(), (other, nowMs) => {
        fc.pre(other !== secret);
        const url = signLink({ path, expiresAtMs: 5_000, secret: other });
        expect(verifyLink({ url, nowMs, secret })).toEqual({ ok: false, why: 'refused' });
      }),
    );
  });

  it('are not made for a path with a query of its own', () => {
    expect(() => signLink({ path: '/a?b=1', expiresAtMs: 1, secret })).toThrow(TypeError);
  });
});
