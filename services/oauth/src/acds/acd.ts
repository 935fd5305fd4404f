import { type AcdChanged, DEFAULT_DATA_SERVER } from '@wxcc-wfo/contracts';

export type AuthorizationState = AcdChanged['authorization'];

/** The settings of an ACD that have no column of their own. */
export interface AcdConfiguration {
  qualityManagement: { enabled: boolean; voice: boolean; digital: boolean };
  metadataMappings: { acdMetadataName: string; metadataLabel: string }[];
  synchronizationIntervalMinutes: number;
  captureDelayMinutes: number;
  dataRecapture: { timeOfDay: string; timeZone: string } | null;
  rteMessaging: boolean;
}

/** One ACD connection as it is stored. */
export interface Acd {
  acdId: string;
  tenantId: string;
  clientRef: string;
  quotaKey: string;
  revision: number;
  name: string;
  webexOrgId: string;
  username: string;
  apiUrl: string;
  configuration: AcdConfiguration;
  authorization: AuthorizationState;
  deleted: boolean;
  createdAtMs: number;
  changedAtMs: number;
}

/** The event that tells everybody what this ACD is now (ACD-05). It holds no secret. */
export function toAcdChanged(acd: Acd): AcdChanged {
  return {
    tenantId: acd.tenantId,
    acdId: acd.acdId,
    revision: acd.revision,
    occurredAtMs: acd.changedAtMs,
    deleted: acd.deleted,
    name: acd.name,
    variant: '2.0',
    webexOrgId: acd.webexOrgId,
    apiUrl: acd.apiUrl,
    mediaApiUrl: null,
    username: acd.username,
    quotaKey: acd.quotaKey,
    authorization: acd.authorization,
    ...acd.configuration,
    dataServers: {
      sync: DEFAULT_DATA_SERVER,
      capture: DEFAULT_DATA_SERVER,
      realTimeEvents: DEFAULT_DATA_SERVER,
      mediaImport: DEFAULT_DATA_SERVER,
    },
  };
}
