import { type BlobReader, BlobUnavailableError } from './received-event.ts';

/** Below the address of a sibling, which may have a path of its own. */
const BLOB_PATH = /^(.*)\/v1\/event-blobs\/[\da-f-]{36}$/;
const MAX_BLOB_BYTES = 64 * 1024 * 1024;

/**
 * Reads large events from the service that published them, with our internal key. Who can write a record must not choose
 * who gets the key: only the addresses of the configuration are asked, there only the one path that siblings serve, and
 * redirects are refused.
 */
export function createBlobReader(o: {
  internalApiKey: string;
  /** Of the siblings that publish, as their PUBLIC_URL: `scheme://host:port`, with a path behind a proxy that adds one */
  origins: readonly string[];
  timeoutMs?: number;
  maxBytes?: number;
}): BlobReader {
  const siblings = new Set(o.origins.map((address) => new URL(address).href.replace(/\/+$/, '')));
  const maxBytes = o.maxBytes ?? MAX_BLOB_BYTES;
  return async (dataref) => {
    const url = addressOf(dataref, siblings);
    let response: Response;
    try {
      response = await fetch(url, {
        headers: { authorization: `Bearer ${o.internalApiKey}` },
        redirect: 'error',
        signal: AbortSignal.timeout(o.timeoutMs ?? 10_000),
      });
    } catch (error) {
      const message = `The publisher at ${url.origin} did not answer: ${(error as Error).message}`;
      throw new BlobUnavailableError(message, { away: true });
    }
    if (!response.ok) {
      await response.body?.cancel();
      const message = `The publisher at ${url.origin} answered ${response.status} for an event blob.`;
      if (response.status === 404) throw new Error(message);
      const away = response.status >= 500 || response.status === 408 || response.status === 429;
      throw new BlobUnavailableError(message, { away });
    }
    return await readBounded(response, maxBytes);
  };
}

function addressOf(dataref: string, siblings: ReadonlySet<string>): URL {
  const url = URL.parse(dataref);
  const path = url ? BLOB_PATH.exec(url.pathname) : null;
  if (!url || !path || !/^https?:$/.test(url.protocol) || url.search || url.username) {
    throw new Error(
      `The event refers to '${dataref.slice(0, 200)}', which is no address of an event blob. The publisher needs PUBLIC_URL.`,
    );
  }
  if (!siblings.has(url.origin + path[1])) {
    throw new Error(
      `The event refers to ${url.origin}${path[1]}, which is not asked for events. If a sibling publishes there, add it to EVENT_BLOB_ORIGINS and replay.`,
    );
  }
  return url;
}

/** The body as text, given up as soon as it is larger than allowed, whatever its headers say. */
async function readBounded(response: Response, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      size += chunk.length;
      if (size > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw new BlobUnavailableError(`The event blob was cut off: ${(error as Error).message}`, { away: true });
  }
  if (size > maxBytes) throw new Error(`The event blob is larger than ${maxBytes} bytes.`);
  return Buffer.concat(chunks).toString('utf8');
}
