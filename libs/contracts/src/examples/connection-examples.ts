import type { AcdChanged } from '../events/acd-changed.ts';
import type { AuthorizationLost } from '../events/authorization-lost.ts';
import type { TokenRefreshed } from '../events/token-refreshed.ts';
import { changed, type GoldenExamples } from './golden-example.ts';
import { ACD, NINE_OCLOCK_MS, ORGANIZATION, TENANT } from './ids.ts';

const acd: AcdChanged = {
  tenantId: TENANT,
  acdId: ACD,
  revision: 2,
  occurredAtMs: NINE_OCLOCK_MS,
  deleted: false,
  name: 'Contact centre Europe',
  variant: '2.0',
  webexOrgId: ORGANIZATION,
  apiUrl: 'https://api.wxcc-eu2.cisco.com',
  mediaApiUrl: null,
  username: 'wfo-admin@contoso.example',
  quotaKey: '0123456789abcdef',
  authorization: 'authorized',
  qualityManagement: { enabled: true, voice: true, digital: false },
  metadataMappings: [],
  synchronizationIntervalMinutes: 30,
  captureDelayMinutes: 15,
  dataRecapture: { timeOfDay: '02:30', timeZone: 'Europe/Berlin' },
  rteMessaging: false,
  dataServers: { sync: 'default', capture: 'default', realTimeEvents: 'default', mediaImport: 'default' },
};

const acdOfTheOldForm: AcdChanged = {
  ...acd,
  variant: '1.0-to-2.0-cmsv2',
  apiUrl: 'https://rest-contoso.ccone.example/aws/api',
  mediaApiUrl: 'https://rd-contoso.ccone.example/cr/get-decrypted-recording',
  dataRecapture: null,
};

export const ACD_EXAMPLES: GoldenExamples = {
  valid: [
    { name: 'an authorized connection', payload: acd },
    { name: 'a deleted connection', payload: { ...acd, revision: 9, deleted: true, dataRecapture: null } },
    { name: 'a connection by username and API key', payload: acdOfTheOldForm },
    {
      name: 'a region with its own data server, and nobody for real-time events',
      payload: {
        ...acd,
        dataServers: { sync: 'europe', capture: 'europe', realTimeEvents: null, mediaImport: 'default' },
      },
    },
    {
      name: 'another account, whose tokens come after those that were dropped',
      payload: { ...acd, revision: 4, username: 'second-admin@contoso.example', droppedTokenVersion: 12 },
    },
    {
      name: 'an event of 0.1, which knew neither a media URL nor data servers',
      payload: changed(changed(acd, 'mediaApiUrl', undefined) as AcdChanged, 'dataServers', undefined),
    },
    { name: 'a field of a later release', payload: { ...acd, somethingNew: { a: 1 } } },
  ],
  invalid: [
    { name: 'no tenant', payload: changed(acd, 'tenantId', undefined), problem: 'tenantId: is missing' },
    {
      name: 'an interval below ten minutes',
      payload: changed(acd, 'synchronizationIntervalMinutes', 5),
      problem: 'synchronizationIntervalMinutes: must be >= 10',
    },
    {
      name: 'a time of day past midnight',
      payload: changed(acd, 'dataRecapture/timeOfDay', '24:10'),
      problem: 'dataRecapture/timeOfDay: must match pattern',
    },
    { name: 'an unknown variant', payload: changed(acd, 'variant', '3.0'), problem: 'variant: must be' },
    {
      name: 'a data server without a name',
      payload: changed(acd, 'dataServers/capture', ''),
      problem: 'dataServers/capture: must',
    },
    {
      name: 'a role that is left out',
      payload: changed(acd, 'dataServers/sync', undefined),
      problem: 'dataServers/sync: is missing',
    },
    {
      name: 'a dropped version below none',
      payload: changed(acd, 'droppedTokenVersion', -1),
      problem: 'droppedTokenVersion: must be >= 0',
    },
    { name: 'a revision that is text', payload: changed(acd, 'revision', '2'), problem: 'revision: must be integer' },
  ],
};

const token: TokenRefreshed = {
  tenantId: TENANT,
  acdId: ACD,
  version: 4,
  occurredAtMs: NINE_OCLOCK_MS,
  accessTokenExpiresAtMs: NINE_OCLOCK_MS + 1_209_599_000,
  refreshTokenExpiresAtMs: NINE_OCLOCK_MS + 7_776_000_000,
};

export const TOKEN_EXAMPLES: GoldenExamples = {
  valid: [{ name: 'a token lies ready', payload: token }],
  invalid: [
    { name: 'no version', payload: changed(token, 'version', undefined), problem: 'version: is missing' },
    {
      name: 'an expiry in seconds',
      payload: changed(token, 'accessTokenExpiresAtMs', 1_773_651_599),
      problem: 'accessTokenExpiresAtMs: must be >= 946684800000',
    },
  ],
};

const loss: AuthorizationLost = {
  tenantId: TENANT,
  acdId: ACD,
  occurredAtMs: NINE_OCLOCK_MS + 900_000,
  sinceMs: NINE_OCLOCK_MS,
  code: 'refresh-token-refused',
  detail: 'Webex refuses to refresh the authorization of Contact centre Europe.',
  remedy: 'Open the Authorization URL of this ACD, sign in as its administrator, and authorize it again.',
  possibleCauses: ['The account was deactivated.'],
};

export const AUTHORIZATION_LOST_EXAMPLES: GoldenExamples = {
  valid: [{ name: 'refused twice, 15 minutes apart', payload: loss }],
  invalid: [{ name: 'no remedy', payload: changed(loss, 'remedy', undefined), problem: 'remedy: is missing' }],
};
