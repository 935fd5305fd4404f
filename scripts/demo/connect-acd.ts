import type { Stack } from '../stack/start-stack.ts';
import { DEMO_MAPPINGS } from './demo-metadata.ts';
import { signIn } from './sign-in.ts';
import type { SimulatorAddresses } from './start-simulator.ts';

/** Calls a service as its operator; throws the problem’s own words. */
export async function callService<T>(
  stack: Stack,
  url: string,
  init: { method?: string; body?: unknown; headers?: Record<string, string> } = {},
): Promise<T> {
  const answer = await fetch(url, {
    method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${stack.secrets.operator.key}`,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
      ...init.headers,
    },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

interface KnownAcd {
  acdId: string;
  revision: number;
  apiUrl: string;
  webexOrgId: string;
}

interface Page<T> {
  items: T[];
}

/**
 * Creates the ACD over HTTP, or takes the one of an earlier run, and authorizes it through the real OAuth code flow, as a
 * browser would. A simulated tenant that was started again knows no token of before, so it is authorized every time.
 */
export async function connectAcd(stack: Stack, simulator: SimulatorAddresses): Promise<string> {
  const oauth = stack.url('oauth');
  const { items } = await callService<Page<KnownAcd>>(stack, `${oauth}/v1/acds`);
  const existing = items.find((acd) => acd.webexOrgId === simulator.orgId);
  if (existing && existing.apiUrl !== simulator.baseUrl) await move(stack, existing, simulator.baseUrl);
  const acd = existing
    ? {
        acdId: existing.acdId,
        ...(await callService<{ authorizationUrl: string }>(
          stack,
          `${oauth}/v1/acds/${existing.acdId}/authorization-requests`,
          { method: 'POST' },
        )),
      }
    : await createAcd(stack, simulator);
  await signIn(acd.authorizationUrl);
  return acd.acdId;
}

/** The tenant had to take another port. */
async function move(stack: Stack, acd: KnownAcd, apiUrl: string): Promise<void> {
  await callService(stack, `${stack.url('oauth')}/v1/acds/${acd.acdId}`, {
    method: 'PATCH',
    headers: { 'if-match': `"${acd.revision}"` },
    body: { apiUrl, confirm: ['change-api-url'] },
  });
}

async function createAcd(
  stack: Stack,
  simulator: SimulatorAddresses,
): Promise<{ acdId: string; authorizationUrl: string }> {
  return callService(stack, `${stack.url('oauth')}/v1/acds`, {
    body: {
      name: 'Simulated contact centre',
      clientRef: await clientOf(stack, simulator),
      username: simulator.adminEmail,
      apiUrl: simulator.baseUrl,
      webexOrgId: simulator.orgId,
      metadataMappings: DEMO_MAPPINGS,
    },
  });
}

/** The record of the tenant’s client; a run that was interrupted may have left it without an ACD. */
async function clientOf(stack: Stack, { clientId, clientSecret }: SimulatorAddresses): Promise<string> {
  const clients = `${stack.url('oauth')}/v1/clients`;
  const { items } = await callService<Page<{ clientRef: string; clientId: string }>>(stack, `${clients}?limit=200`);
  const known = items.find((client) => client.clientId === clientId);
  if (known) return known.clientRef;
  const body = { name: `Simulated integration ${clientId}`, clientId, clientSecret };
  return (await callService<{ clientRef: string }>(stack, clients, { body })).clientRef;
}
