import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { ServiceName } from '../../scripts/stack/services.ts';

/** The published address of the bridge: a reverse proxy, as an operator has one in front of the services. */
export interface WebhookDoor {
  url: string;
  /** Webhooks that came, by the service that they were for. */
  readonly passed: Map<string, number>;
  close(): Promise<void>;
}

const PATH = /^\/v1\/webhooks\/([a-z-]+)\//;

/** Leads `/v1/webhooks/<service>/…` to a replica of that service; where one doesn't answer, to the next. */
export async function openWebhookDoor(replicasOf: (service: ServiceName) => readonly string[]): Promise<WebhookDoor> {
  const passed = new Map<string, number>();
  let turn = 0;
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const service = PATH.exec(incoming.url ?? '')?.[1];
      if (service === undefined) return void response.writeHead(404).end();
      passed.set(service, (passed.get(service) ?? 0) + 1);
      const replicas = replicasOf(service as ServiceName);
      const first = turn++ % Math.max(1, replicas.length);
      const inTurn = [...replicas.slice(first), ...replicas.slice(0, first)];
      pass(inTurn, { incoming, response, body: Buffer.concat(chunks) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    passed,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function pass(
  replicas: readonly string[],
  call: { incoming: IncomingMessage; response: ServerResponse; body: Buffer },
): void {
  const { incoming, response, body } = call;
  const [replica, ...others] = replicas;
  if (replica === undefined) return void response.writeHead(502).end();
  const { connection: _, ...headers } = incoming.headers;
  const outgoing = request(
    `${replica}${incoming.url}`,
    { method: incoming.method, headers, agent: false },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', () => {
    if (response.headersSent) response.destroy();
    else pass(others, call);
  });
  outgoing.end(body);
}
