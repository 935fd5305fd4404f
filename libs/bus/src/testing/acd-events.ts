import type { EventOf } from '@wxcc-wfo/contracts';
import type { OutgoingEvent } from '../outbox.ts';

/** A valid acd-changed payload; what tests vary is whose it is, its revision and its name. */
export function acdChanged(o: {
  tenantId: string;
  acdId: string;
  revision: number;
  name?: string;
  labels?: string[];
}): EventOf<'acd-changed'> {
  return {
    tenantId: o.tenantId,
    acdId: o.acdId,
    revision: o.revision,
    occurredAtMs: Date.UTC(2026, 10, 22),
    deleted: false,
    name: o.name ?? 'Test centre',
    variant: '2.0',
    webexOrgId: 'org',
    apiUrl: 'https://api.example.test',
    username: 'admin@example.test',
    quotaKey: '0123456789abcdef',
    authorization: 'authorized',
    qualityManagement: { enabled: true, voice: true, digital: false },
    metadataMappings: (o.labels ?? []).map((metadataLabel, i) => ({ acdMetadataName: `m${i}`, metadataLabel })),
    synchronizationIntervalMinutes: 10,
    captureDelayMinutes: 0,
    dataRecapture: null,
    rteMessaging: false,
  };
}

/** `token-refreshed` with these versions, all of one ACD and so of one partition, in this order. */
export function tokenEvents(tenantId: string, versions: readonly number[]): OutgoingEvent[] {
  const atMs = Date.UTC(2026, 10, 22);
  const times = { occurredAtMs: atMs, accessTokenExpiresAtMs: atMs, refreshTokenExpiresAtMs: atMs };
  return versions.map((version) => ({
    topic: 'token-refreshed',
    payload: { tenantId, acdId: tenantId, version, ...times },
  }));
}
