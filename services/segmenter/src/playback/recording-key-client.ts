import { problem, type Sealer } from '@wxcc-wfo/service-kit';

/** Gives the key of one generation of a recording. */
export type RecordingKeys = (recordingId: string, generation: number) => Promise<Buffer>;

export interface RecordingKeyOptions {
  /** Where media-import answers. */
  mediaImportUrl: string;
  /** The API key that this service shows to its siblings. */
  apiKey: string;
  /** Opens what siblings seal for each other. */
  handover: Sealer;
  nowMs?(): number;
  maxAgeMs?: number;
  maxEntries?: number;
  timeoutMs?: number;
}

interface CachedKey {
  key: Promise<Buffer>;
  fetchedAtMs: number;
}

/**
 * Asks media-import for keys of recordings and keeps them in memory for at most five minutes: when a generation's key
 * is destroyed (architecture rule 9), it is gone from here soon after.
 */
export function createRecordingKeys(o: RecordingKeyOptions): RecordingKeys {
  const { nowMs = Date.now, maxAgeMs = 5 * 60_000, maxEntries = 1_000 } = o;
  const cache = new Map<string, CachedKey>(); // oldest first
  return (recordingId, generation) => {
    const name = `${recordingId}:${generation}`;
    const cached = cache.get(name);
    if (cached !== undefined && nowMs() - cached.fetchedAtMs < maxAgeMs) return cached.key;
    cache.delete(name);
    const key = fetchKey(o, recordingId, generation);
    const entry = { key, fetchedAtMs: nowMs() };
    cache.set(name, entry);
    if (cache.size > maxEntries) cache.delete(cache.keys().next().value!);
    key.catch(() => {
      if (cache.get(name) === entry) cache.delete(name);
    });
    return key;
  };
}

async function fetchKey(o: RecordingKeyOptions, recordingId: string, generation: number): Promise<Buffer> {
  // It may lie behind a proxy that puts a path before ours.
  const base = o.mediaImportUrl.replace(/\/+$/, '');
  const url = `${base}/v1/recordings/${recordingId}/generations/${generation}/key`;
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { 'x-api-key': o.apiKey },
      redirect: 'error',
      signal: AbortSignal.timeout(o.timeoutMs ?? 5_000),
    });
  } catch (error) {
    throw unavailable('media-import does not answer.', error);
  }
  if (response.status === 404 || response.status === 410) {
    throw problem({
      status: 409,
      code: 'audio-not-available',
      detail: 'The recording was removed or replaced by a redacted one.',
      remedy: 'Read the contact again; its next version says what there is.',
    });
  }
  const body = (await response.json().catch(() => undefined)) as { sealedKey?: unknown } | undefined;
  if (!response.ok || typeof body?.sealedKey !== 'string') {
    throw unavailable(`media-import answered ${response.status} instead of a recording's key.`);
  }
  return o.handover.open(body.sealedKey, `recording:${recordingId}:${generation}`);
}

function unavailable(detail: string, cause?: unknown) {
  return problem({
    status: 503,
    code: 'unavailable',
    detail,
    remedy: 'Try again in a few seconds.',
    headers: { 'retry-after': '5' },
    cause,
  });
}
