import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect as connectTo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'undici';
import { PermissionTooOld, sendBy } from './send-by.ts';

let server: Server;
let url: string;
let asked: string[];
let connections: number;
beforeEach(async () => {
  asked = [];
  connections = 0;
  server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.end('{}');
  });
  server.on('connection', () => connections++);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('CAP-08 a permission that ends while the connection is made', () => {
  it('sends nothing, and the connection serves the next request', async () => {
    let ready = () => {};
    const opened = new Promise<void>((resolve) => {
      ready = resolve;
    });
    // Like a slow resolver or handshake: undici learns of the connection when the test says so.
    const agent = new Agent({
      connect: ({ hostname, port }, callback) => {
        const socket = connectTo(Number(port), hostname, () => opened.then(() => callback(null, socket)));
      },
    });
    const late = request(`${url}/late`, { dispatcher: sendBy(performance.now(), agent) });
    ready();
    await expect(late).rejects.toThrow(PermissionTooOld);
    expect(asked).toEqual([]);
    const inTime = await request(`${url}/next`, { dispatcher: sendBy(performance.now() + 60_000, agent) });
    expect(await inTime.body.json()).toEqual({});
    expect(asked).toEqual(['/next']);
    expect(connections).toBe(1);
    await agent.close();
  });
});
