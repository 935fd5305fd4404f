import { countWorkers, whyNotServed } from '@wxcc-wfo/acd';
import { DATA_SERVER_ROLES, type DataServerRole } from '@wxcc-wfo/contracts';
import { orgIdOfToken } from '@wxcc-wfo/webex';
import type { Acd } from '../acds/acd.ts';
import { refusalsOfUsername } from '../acds/acd-policy.ts';
import { REGIONS } from '../acds/api-url-policy.ts';
import { VARIANTS } from '../acds/variant-policy.ts';
import { tokenBinding } from '../tokens/token-repository.ts';
import type { Wiring } from '../wiring.ts';
import { askWebex, notAsked, type WebexFacts } from './ask-webex.ts';
import { wasReached } from './judgement-policy.ts';
import type { PreflightFacts } from './preflight-facts.ts';

/** All questions together; whoever waits for the answer waits this long at most. */
export const DEADLINE_MS = 20_000;

/** Everything that a preflight of this ACD judges by. What cannot be had is said to be so; nothing makes it fail. */
export async function gatherFacts(wiring: Wiring, acd: Acd, deadlineMs = DEADLINE_MS): Promise<PreflightFacts> {
  await wiring.clock.synchronize();
  const [roles, stored] = await Promise.all([rolesOf(wiring, acd), storedToken(wiring, acd)]);
  const { accessToken, token } = stored;
  const told =
    accessToken === null
      ? allNotAsked(stored.why, stored.next)
      : await askWebex(wiring, { acd, accessToken, deadlineMs });
  const isRefused = isTokenRefused(told);
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
    unservedRoles: unservedRolesOf(acd),
    token,
    tokenProblem: isRefused ? REFUSED : stored.problem,
    ...(isRefused ? allNotAsked(REFUSED, AUTHORIZE) : told),
  };
}

const AUTHORIZE = 'Authorize the ACD, then run the preflight again.';
const REFUSED = 'Webex does not accept the access token any more: it was revoked before its time.';

function allNotAsked(reason: string, next?: string): WebexFacts {
  const no = notAsked(reason, next);
  return { person: no, account: no, calls: no, webhooks: no, smsQueue: no };
}

/** A role or a scope that is missing is refused at some questions; a token that is not accepted, at all of them. */
function isTokenRefused({ person, account, calls, webhooks }: WebexFacts): boolean {
  const answers = [person, account, calls, webhooks].filter(wasReached);
  return answers.length > 0 && answers.every((one) => one.state === 'failed' && one.code === 'unauthorized');
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

const unservedRolesOf = ({ variant }: Acd): PreflightFacts['unservedRoles'] =>
  Object.fromEntries(
    DATA_SERVER_ROLES.flatMap((role) => {
      const why = whyNotServed(role, variant);
      return why ? [[role, why]] : [];
    }),
  );

type Stored = Pick<PreflightFacts, 'token'> &
  ({ accessToken: string; problem: null } | { accessToken: null; why: string; next?: string; problem: string | null });

/** The token that the services work with; opened here, and given to nobody but Webex. */
async function storedToken(wiring: Wiring, acd: Acd): Promise<Stored> {
  const without = (why: string, next?: string, problem: string | null = null): Stored => ({
    accessToken: null,
    why,
    token: notAsked(why, next),
    problem,
    ...(next === undefined ? {} : { next }),
  });
  const unusable = (problem: string, next: string) => without(`${problem} So Webex cannot be asked.`, next, problem);
  if (VARIANTS[acd.variant].authorization === 'api-key') {
    return without('This variant authenticates with an API key, for whose interface no public description exists.');
  }
  const { rows } = await wiring.pool.query<{ version: number; sealed_access: string; access_expires_at_ms: number }>(
    'SELECT version, sealed_access, access_expires_at_ms FROM token WHERE acd_id = $1',
    [acd.acdId],
  );
  const [row] = rows;
  if (!row) return without('The ACD is not authorized yet, so that Webex cannot be asked.', AUTHORIZE);
  if (Number(row.access_expires_at_ms) <= wiring.clock.nowMs()) {
    return unusable('The access token has ended and was not refreshed.', AUTHORIZE);
  }
  try {
    const binding = tokenBinding(acd.acdId, row.version, 'access');
    const accessToken = wiring.seals.atRest.open(row.sealed_access, binding).toString('utf8');
    return { accessToken, problem: null, token: { state: 'answered', value: { orgId: orgIdOfToken(accessToken) } } };
  } catch (error) {
    wiring.logger.error(
      { acdId: acd.acdId, err: error },
      'a stored token does not open; give back the old SEALING_KEYS',
    );
    const next = 'Put the old key back into SEALING_KEYS, then run the preflight again.';
    return unusable('The stored access token does not open.', next);
  }
}
