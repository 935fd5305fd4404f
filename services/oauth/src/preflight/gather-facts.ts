import { countWorkers } from '@wxcc-wfo/acd';
import type { DataServerRole } from '@wxcc-wfo/contracts';
import { orgIdOfToken } from '@wxcc-wfo/webex';
import type { Acd } from '../acds/acd.ts';
import { refusalsOfUsername } from '../acds/acd-policy.ts';
import { REGIONS } from '../acds/api-url-policy.ts';
import { VARIANTS } from '../acds/variant-policy.ts';
import { tokenBinding } from '../tokens/token-repository.ts';
import type { Wiring } from '../wiring.ts';
import { askWebex, notAsked, type WebexFacts } from './ask-webex.ts';
import type { PreflightFacts } from './preflight-facts.ts';

/** All questions together; whoever waits for the answer waits this long at most. */
export const DEADLINE_MS = 20_000;

/** Everything that a preflight of this ACD judges by. What cannot be had is said to be so; nothing makes it fail. */
export async function gatherFacts(wiring: Wiring, acd: Acd, deadlineMs = DEADLINE_MS): Promise<PreflightFacts> {
  await wiring.clock.synchronize();
  const [roles, stored] = await Promise.all([rolesOf(wiring, acd), storedToken(wiring, acd)]);
  const [refusal] = refusalsOfUsername(acd.username);
  return {
    acd: {
      variant: acd.variant,
      authorizesBy: VARIANTS[acd.variant].authorization,
      username: acd.username,
      webexOrgId: acd.webexOrgId,
      apiUrl: acd.apiUrl,
      mediaApiUrl: acd.mediaApiUrl,
      authorization: acd.authorization,
      qualityManagement: acd.configuration.qualityManagement,
      metadataMappings: acd.configuration.metadataMappings,
      rteMessaging: acd.configuration.rteMessaging,
    },
    usernameRefusal: refusal?.reason ?? null,
    region: Object.entries(REGIONS).find(([, url]) => url === acd.apiUrl)?.[0] ?? null,
    roles,
    token: stored.token,
    ...(stored.accessToken === null
      ? allNotAsked(stored.why)
      : await askWebex(wiring, {
          acd,
          accessToken: stored.accessToken,
          signal: AbortSignal.timeout(deadlineMs),
        })),
  };
}

function allNotAsked(reason: string): WebexFacts {
  const no = notAsked(reason);
  return { person: no, account: no, calls: no, webhooks: no, smsQueue: no };
}

async function rolesOf({ redis }: Wiring, acd: Acd): Promise<PreflightFacts['roles']> {
  const entries = Object.entries(acd.dataServers) as [DataServerRole, string | null][];
  const roles = await Promise.all(
    entries.map(async ([role, dataServer]) => {
      if (dataServer === null) return [role, null];
      return [role, { dataServer, workers: await countWorkers(redis, role, dataServer).catch(() => null) }];
    }),
  );
  return Object.fromEntries(roles);
}

type Stored =
  | { accessToken: string; token: PreflightFacts['token'] }
  | { accessToken: null; why: string; token: PreflightFacts['token'] };

/** The token that the services work with; opened here, and given to nobody but Webex. */
async function storedToken(wiring: Wiring, acd: Acd): Promise<Stored> {
  const without = (why: string): Stored => ({ accessToken: null, why, token: notAsked(why) });
  if (VARIANTS[acd.variant].authorization === 'api-key') {
    return without('This variant authenticates with an API key, for whose interface no public description exists.');
  }
  const { rows } = await wiring.pool.query<{ version: number; sealed_access: string; access_expires_at_ms: number }>(
    'SELECT version, sealed_access, access_expires_at_ms FROM token WHERE acd_id = $1',
    [acd.acdId],
  );
  const [row] = rows;
  if (!row) return without('The ACD is not authorized yet, so that Webex cannot be asked.');
  if (Number(row.access_expires_at_ms) <= wiring.clock.nowMs()) {
    return without('The access token has ended, so that Webex cannot be asked.');
  }
  try {
    const binding = tokenBinding(acd.acdId, row.version, 'access');
    const accessToken = wiring.seals.atRest.open(row.sealed_access, binding).toString('utf8');
    return { accessToken, token: { state: 'answered', value: { orgId: orgIdOfToken(accessToken) } } };
  } catch (error) {
    wiring.logger.error(
      { acdId: acd.acdId, err: error },
      'a stored token does not open; give back the old SEALING_KEYS',
    );
    return without('The stored access token does not open: put the old key back into SEALING_KEYS.');
  }
}
