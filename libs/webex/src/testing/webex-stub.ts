import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { WebexClientOptions, WebexEndpoints, WebexQuota, WorkKind } from '../port.ts';

/** For this library's own tests only: a server that answers whatever a test scripts, and what it was asked. */
export interface StubRequest {
  method: string;
  /** Path with query. */
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of many shapes
  json: any;
}

export type StubAnswer =
  | { status?: number; headers?: Record<string, string>; json?: unknown; body?: string | Buffer }
  | ((response: ServerResponse) => void);

export interface WebexStub {
  url: string;
  host: string;
  requests: StubRequest[];
  /** Answers by request; thrown errors become HTTP 599. */
  answer(handler: (request: StubRequest, index: number) => StubAnswer): void;
  close(): Promise<void>;
}

export async function startWebexStub(): Promise<WebexStub> {
  const requests: StubRequest[] = [];
  let handler: (request: StubRequest, index: number) => StubAnswer = () => ({ status: 500 });
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString('utf8');
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, headers, body, json: body.startsWith('{') ? JSON.parse(body) : undefined };
    requests.push(request);
    let answer: StubAnswer;
    try {
      answer = handler(request, requests.length - 1);
    } catch (error) {
      answer = { status: 599, body: String(error) };
    }
    if (typeof answer === 'function') return answer(response);
    const isJson = answer.json !== undefined;
    response.writeHead(answer.status ?? 200, {
      ...(isJson ? { 'content-type': 'application/json' } : {}),
      ...answer.headers,
    });
    response.end(isJson ? JSON.stringify(answer.json) : answer.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    requests,
    answer(next) {
      handler = next;
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

export function endpointsOf(stub: WebexStub): WebexEndpoints {
  return {
    apiUrl: stub.url,
    oauthAuthorizeUrl: `${stub.url}/v1/authorize`,
    oauthTokenUrl: `${stub.url}/v1/access_token`,
    peopleMeUrl: `${stub.url}/v1/people/me`,
    allowedHosts: [stub.host],
    allowPrivateAddresses: true,
  };
}

export interface RecordingQuota extends WebexQuota {
  acquired: { quotaKey: string; kind: WorkKind }[];
  penalties: { quotaKey: string; ms: number }[];
}

/** A budget without end that remembers what was asked of it. */
export function recordingQuota(): RecordingQuota {
  const acquired: RecordingQuota['acquired'] = [];
  const penalties: RecordingQuota['penalties'] = [];
  return {
    acquired,
    penalties,
    async acquire({ quotaKey, kind, signal }) {
      signal?.throwIfAborted();
      acquired.push({ quotaKey, kind });
      return { sendByMs: Number.POSITIVE_INFINITY };
    },
    async penalise(quotaKey, ms) {
      penalties.push({ quotaKey, ms });
    },
  };
}

export const ORG_ID = '97cdbf45-ebe2-4687-8341-44d5c7abf101';
export const TOKEN = `secretSecretSecret_PF84_${ORG_ID}`;

export function clientOptions(stub: WebexStub, overrides: Partial<WebexClientOptions> = {}): WebexClientOptions {
  return {
    endpoints: endpointsOf(stub),
    quota: recordingQuota(),
    quotaKey: 'client-1',
    getAccessToken: async () => TOKEN,
    orgId: ORG_ID,
    kind: 'live-capture',
    ...overrides,
  };
}
