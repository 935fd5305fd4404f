import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** An organization as the front tells them apart. */
export interface FrontedOrganization {
  clientId: string;
  orgId: string;
  baseUrl: string;
}

/** What all organizations share at Webex: the sign-in, the token endpoint, and who-am-I. Their APIs are reached directly. */
export interface WebexFront {
  url: string;
  serve(organization: FrontedOrganization): void;
  close(): Promise<void>;
}

/** Opens the one address under which several simulated tenants sign in and refresh. */
export async function openWebexFront(): Promise<WebexFront> {
  const organizations: FrontedOrganization[] = [];
  const server = createServer((incoming, response) => {
    pass(organizations, incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    serve: (organization) => organizations.push(organization),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function pass(
  organizations: readonly FrontedOrganization[],
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString();
  const meant = organizations.find(isMeantBy(incoming, body));
  if (!meant) return void response.writeHead(404).end('{"message":"No organization is meant."}');
  const { authorization, 'content-type': type } = incoming.headers;
  const answer = await fetch(`${meant.baseUrl}${incoming.url}`, {
    method: incoming.method ?? 'GET',
    redirect: 'manual',
    headers: { ...(authorization ? { authorization } : {}), ...(type ? { 'content-type': type } : {}) },
    ...(body === '' ? {} : { body }),
  });
  const kept = ['content-type', 'location', 'retry-after', 'date'].flatMap((name) => {
    const value = answer.headers.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  response.writeHead(answer.status, Object.fromEntries(kept)).end(Buffer.from(await answer.arrayBuffer()));
}

/** By the client's id; who-am-I by the access token, whose last part is the organization. */
function isMeantBy({ url, headers }: IncomingMessage, body: string): (one: FrontedOrganization) => boolean {
  const clientId =
    new URL(url ?? '/', 'http://front').searchParams.get('client_id') ?? new URLSearchParams(body).get('client_id');
  const bearer = headers.authorization ?? '';
  return (one) => (clientId === null ? bearer.endsWith(`_${one.orgId}`) : clientId === one.clientId);
}
