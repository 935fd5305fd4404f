import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { closeWebexConnections, guardedAgents } from './guarded-agents.ts';

afterAll(() => closeWebexConnections());

describe('what is offered to a server in the TLS handshake', () => {
  it.each(['api', 'files'] as const)('is HTTP/1.1 alone (%s)', async (agent) => {
    const server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const hello = once(server, 'connection').then(async ([socket]) => {
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      socket.destroy();
      return bytes.toString('latin1');
    });
    const { port } = server.address() as AddressInfo;
    const dispatcher = guardedAgents(true)[agent];
    await expect(request(`https://127.0.0.1:${port}/`, { dispatcher })).rejects.toThrow();
    // RFC 7301: each protocol's name after its length.
    expect(await hello).toContain('\x08http/1.1');
    expect(await hello).not.toContain('\x02h2');
    server.close();
  });
});
