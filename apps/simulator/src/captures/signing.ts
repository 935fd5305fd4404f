import { createHmac, timingSafeEqual } from 'node:crypto';

/** Address that opens one file without a bearer until `expiresMs`. */
export function signDownload(key: string, baseUrl: string, path: string, expiresMs: number): string {
  const url = new URL(path, baseUrl);
  url.searchParams.set('X-Amz-Algorithm', 'AWS4-HMAC-SHA256');
  url.searchParams.set('X-Amz-Expires', String(expiresMs));
  url.searchParams.set('X-Amz-Signature', signature(key, path, String(expiresMs)));
  return url.href;
}

/** Reason why a download may not be had, or undefined where it may. */
export function refuseDownload(
  key: string,
  path: string,
  query: Record<string, string | undefined>,
  nowMs: number,
): { code: string; message: string } | undefined {
  const expires = query['X-Amz-Expires'] ?? '';
  const given = Buffer.from(query['X-Amz-Signature'] ?? '', 'hex');
  const wanted = Buffer.from(signature(key, path, expires), 'hex');
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return { code: 'SignatureDoesNotMatch', message: 'The request signature we calculated does not match.' };
  }
  return Number(expires) <= nowMs ? { code: 'AccessDenied', message: 'Request has expired' } : undefined;
}

function signature(key: string, path: string, expires: string): string {
  return createHmac('sha256', key).update(`${path}\n${expires}`).digest('hex');
}
