import { createSimulator, type Simulator, type SimulatorOptions } from '../index.ts';

export const REDIRECT = 'https://bridge.example.com/oauth/callback';
export const ALL_SCOPES = 'cjp:config cjp:config_read cjp:config_write';

/** A signed-in client of a simulated tenant, for this package's own tests. */
export interface TestClient {
  simulator: Simulator;
  token: string;
  refreshToken: string;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  search(query: string, variables?: Record<string, unknown>): Promise<{ status: number; body: any }>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  control(method: string, path: string, body?: unknown): Promise<any>;
}

export async function signedIn(options: Partial<SimulatorOptions> = {}, scope = ALL_SCOPES): Promise<TestClient> {
  const simulator = await createSimulator({ tasks: 0, ...options });
  const code = await codeOf(simulator, { scope });
  const tokens = (await (
    await tokenRequest(simulator, { grant_type: 'authorization_code', code, redirect_uri: REDIRECT })
  ).json()) as {
    access_token: string;
    refresh_token: string;
  };
  const send: TestClient['send'] = (method, path, body, headers = {}) =>
    fetch(`${simulator.baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${tokens.access_token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  return {
    simulator,
    token: tokens.access_token,
    refreshToken: tokens.refresh_token,
    send,
    async search(query, variables) {
      const answer = await send('POST', '/search', { query, variables });
      const text = await answer.text();
      return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) };
    },
    async control(method, path, body) {
      const answer = await fetch(`${simulator.controlUrl}${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      const text = await answer.text();
      return text === '' ? undefined : JSON.parse(text);
    },
  };
}

/** Goes through the login page and gives the code that came back. */
export async function codeOf(simulator: Simulator, more: Record<string, string> = {}): Promise<string> {
  const location = await authorize(simulator, more);
  return location.searchParams.get('code') ?? '';
}

export async function authorize(simulator: Simulator, more: Record<string, string> = {}): Promise<URL> {
  const url = new URL('/v1/authorize', simulator.baseUrl);
  const query = {
    response_type: 'code',
    client_id: 'simulated-client',
    redirect_uri: REDIRECT,
    scope: ALL_SCOPES,
    ...more,
  };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  const answer = await fetch(url, { redirect: 'manual' });
  return new URL(answer.headers.get('location') ?? 'https://nowhere.example/');
}

export function tokenRequest(simulator: Simulator, form: Record<string, string>): Promise<Response> {
  const client = { client_id: 'simulated-client', client_secret: 'simulated-secret' };
  return fetch(`${simulator.baseUrl}/v1/access_token`, {
    method: 'POST',
    body: new URLSearchParams({ ...client, ...form }),
  });
}
