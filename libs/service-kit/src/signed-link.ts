import { createHmac, timingSafeEqual } from 'node:crypto';

/** Why a link is refused: `expired` once was good, `refused` never was. */
export type LinkVerdict = { ok: true; expiresAtMs: number } | { ok: false; why: 'expired' | 'refused' };

/**
 * `path?expires=<epoch ms>&signature=<base64url>`: whoever holds it may GET that path until then, without a credential.
 * The signature is HMAC-SHA256 over path and expiry. @param o.path starts with '/', has no query
 */
export function signLink(o: { path: string; expiresAtMs: number; secret: string | Buffer }): string {
  if (!o.path.startsWith('/') || o.path.includes('?')) {
    throw new TypeError(`A signed link needs an absolute path without a query, not '${o.path}'.`);
  }
  return `${o.path}?expires=${o.expiresAtMs}&signature=${signature(o)}`;
}

/**
 * Checks what `signLink` made, in constant time.
 * @param o.url path with query as it was asked for (`request.url`); other query parameters are not signed, so ignore them
 */
export function verifyLink(o: { url: string; nowMs: number; secret: string | Buffer }): LinkVerdict {
  const [path = '', query = ''] = o.url.split('?', 2);
  const parameters = new URLSearchParams(query);
  const expires = parameters.get('expires') ?? '';
  if (!/^\d{1,16}$/.test(expires)) return { ok: false, why: 'refused' };
  const expiresAtMs = Number(expires);
  const expected = Buffer.from(signature({ path, expiresAtMs, secret: o.secret }));
  const given = Buffer.from(parameters.get('signature') ?? '');
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return { ok: false, why: 'refused' };
  return o.nowMs < expiresAtMs ? { ok: true, expiresAtMs } : { ok: false, why: 'expired' };
}

function signature(o: { path: string; expiresAtMs: number; secret: string | Buffer }): string {
  return createHmac('sha256', o.secret).update(`${o.path}\n${o.expiresAtMs}`).digest('base64url');
}
