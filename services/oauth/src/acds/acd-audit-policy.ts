import { type AuditChange, changesBetween, secretChange } from '../audit/audit-policy.ts';
import type { Acd } from './acd.ts';

/** What the audit trail says of a change of an ACD (ACD-06). */

/** Every setting of an ACD by the name under which it is shown. */
function settingsShown(acd: Acd): Record<string, never> {
  const { variant, clientRef, name, webexOrgId, username, apiUrl, mediaApiUrl, configuration, authorization } = acd;
  const shown = {
    variant,
    name,
    clientRef,
    username,
    apiUrl,
    mediaApiUrl,
    webexOrgId,
    ...configuration,
    authorization,
  };
  return shown as unknown as Record<string, never>;
}

/** What a change changed; of an API key only that. `before` undefined: it was created, `after` undefined: deleted. */
export function changesOfAcd(
  before: Acd | undefined,
  after: Acd | undefined,
  apiKey?: 'changed' | 'removed',
): AuditChange[] {
  return [
    ...changesBetween(before ? settingsShown(before) : {}, after ? settingsShown(after) : {}),
    ...(apiKey ? [secretChange('apiKey', apiKey)] : []),
  ];
}
