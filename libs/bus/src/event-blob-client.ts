import { type BlobReader, BlobUnavailableError } from './received-event.ts';

const BLOB_PATH = /\/v1\/event-blobs\/[\da-f-]{36}$/;
const MAX_BLOB_BYTES = 64 * 1024 * 1024;

/**
 * Reads large events from the service that published them, with our internal key. Only the one path that siblings
 * serve is asked, so that a forged record can't send the key elsewhere in the cluster; redirects are refused.
 */
export function createBlobReader(o: { internalApiKey: string; timeoutMs?: number }): BlobReader {
  return async (dataref) => {
    const url = URL.parse(dataref);
    if (!url || !/^https?:$/.test(url.protocol) || !BLOB_PATH.test(url.pathname) || url.search || url.username) {
      throw new Error(
        `The event refers to '${dataref.slice(0, 200)}', which is no address of an event blob. The publisher needs PUBLIC_URL.`,
      );
    }
    let response: Response;
    try {
      response = await fetch(url, {
        headers: { authorization: `Bearer ${o.internalApiKey}` },
        redirect: 'error',
        signal: AbortSignal.timeout(o.timeoutMs ?? 10_000),
      });
    } catch (error) {
      throw new BlobUnavailableError(`The publisher at ${url.origin} did not answer: ${(error as Error).message}`);
    }
    if (!response.ok) {
      await response.body?.cancel();
      const message = `The publisher at ${url.origin} answered ${response.status} for an event blob.`;
      throw response.status === 404 ? new Error(message) : new BlobUnavailableError(message);
    }
    if (Number(response.headers.get('content-length') ?? 0) > MAX_BLOB_BYTES) {
      await response.body?.cancel();
      throw new Error(`The event blob is larger than ${MAX_BLOB_BYTES} bytes.`);
    }
    try {
      return await response.text();
    } catch (error) {
      throw new BlobUnavailableError(`The event blob was cut off: ${(error as Error).message}`);
    }
  };
}
