import type { Stack } from '../stack/start-stack.ts';
import { DEMO_MAPPINGS } from './demo-metadata.ts';
import { signIn } from './sign-in.ts';
import type { SimulatorAddresses } from './start-simulator.ts';

/** Calls a service as its operator; throws the problem’s own words. */
export async function callService<T>(
  stack: Stack,
  url: string,
  init: { method?: string; body?: unknown } = {},
): Promise<T> {
  const answer = await fetch(url, {
    method: init.method ?? (init.body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${stack.secrets.operator.key}`,
      ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(init.body === undefined ? {} : { body: JSON.stringify(init.body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method ?? 'GET'} ${url} answered ${answer.status}: ${text}`);
  return JSON.parse(text) as T;
}

/**
 * Creates the ACD over HTTP, or takes the one of an earlier run, and authorizes it through the real OAuth code flow, as a
 * browser would. A simulated tenant that was started again knows no token of before, so it is authorized every time.
 */
export async function connectAcd(stack: Stack, simulator: SimulatorAddresses): Promise<string> {
  const oauth = stack.url('oauth');
  const { items } = await callService<{ items: { acdId: string; authorization: string; apiUrl: string }[] }>(
    stack,
    `${oauth}/v1/acds`,
  );
  const existing = items.find((acd) => acd.apiUrl === simulator.baseUrl);
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

async function createAcd(
  stack: Stack,
  simulator: SimulatorAddresses,
): Promise<{ acdId: string; authorizationUrl: string }> {
  const oauth = stack.url('oauth');
  const client = await callService<{ clientRef: string }>(stack, `${oauth}/v1/clients`, {
    body: {
      name: `Simulated integration ${simulator.baseUrl}`,
      clientId: simulator.clientId,
      clientSecret: simulator.clientSecret,
    },
  });
  return callService(stack, `${oauth}/v1/acds`, {
    body: {
      name: 'Simulated contact centre',
      clientRef: client.clientRef,
      username: simulator.adminEmail,
      apiUrl: simulator.baseUrl,
      webexOrgId: simulator.orgId,
      metadataMappings: DEMO_MAPPINGS,
    },
  });
}
