import { randomUUID } from 'node:crypto';
import type { AcdChanged } from '@wxcc-wfo/contracts';

/** An authorized ACD for tests, with quality management on for voice. */
export function anAcd(changes: Partial<AcdChanged> = {}): AcdChanged {
  return {
    tenantId: randomUUID(),
    acdId: randomUUID(),
    revision: 1,
    occurredAtMs: 1_780_000_000_000,
    deleted: false,
    name: 'Contact centre',
    variant: '2.0',
    webexOrgId: '6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2',
    apiUrl: 'https://api.wxcc-us1.cisco.com',
    mediaApiUrl: null,
    username: 'admin@contactcentre.example',
    quotaKey: '0123456789abcdef',
    authorization: 'authorized',
    qualityManagement: { enabled: true, voice: true, digital: false },
    metadataMappings: [],
    synchronizationIntervalMinutes: 60,
    captureDelayMinutes: 0,
    dataRecapture: null,
    rteMessaging: false,
    dataServers: { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport: 'default' },
    ...changes,
  };
}
