import type { AcdChanged, AcdVariant } from '@wxcc-wfo/contracts';

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
  variant: AcdVariant;
  /** The client record of a 2.0 connection; null where an API key is used. */
  clientRef: string | null;
  quotaKey: string;
  revision: number;
  name: string;
  webexOrgId: string;
  username: string;
  apiUrl: string;
  /** The Media API of the 1.0 form; null in variant 2.0. */
  mediaApiUrl: string | null;
  configuration: AcdConfiguration;
  /** Who works for it in each role (ACD-04), as follows from the tenant's data servers. */
  dataServers: NonNullable<AcdChanged['dataServers']>;
  authorization: AuthorizationState;
  deleted: boolean;
  /** The sealed API key of a 1.0 form: which version, and when it was set. */
  apiKey: { version: number; setAtMs: number } | null;
  /** The version of the last token that was dropped with a change; later tokens count on from it. */
  droppedTokenVersion: number;
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
    variant: acd.variant,
    webexOrgId: acd.webexOrgId,
    apiUrl: acd.apiUrl,
    mediaApiUrl: acd.mediaApiUrl,
    username: acd.username,
    quotaKey: acd.quotaKey,
    authorization: acd.authorization,
    droppedTokenVersion: acd.droppedTokenVersion,
    ...acd.configuration,
    dataServers: acd.dataServers,
  };
}
