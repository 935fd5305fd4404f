import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createBlobReader } from './event-blob-client.ts';
import { BlobUnavailableError } from './received-event.ts';

const PATH = '/v1/event-blobs/3f0b1c52-9a61-4a55-8c8e-0d6f6f0a7b11';
const KEY = 'wfo_internal_0123456789abcdefghij';
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server that notes who asked it, with what. */
async function listener(answer: string | ((chunk: (text: string) => boolean) => void)) {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    if (typeof answer === 'string') response.end(answer);
    else answer((text) => response.write(text));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { asked, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('reading a large event from its publisher', () => {
  it('shows the internal key to the configured siblings', async () => {
    const sibling = await listener('{"a":1}');
    const read = createBlobReader({ internalApiKey: KEY, origins: [`${sibling.origin}/`] });
    await expect(read(sibling.origin + PATH)).resolves.toBe('{"a":1}');
    expect(sibling.asked[0]!.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  it('knows siblings behind a proxy that puts a path before theirs', async () => {
    const proxy = await listener('{"a":1}');
    const read = createBlobReader({ internalApiKey: KEY, origins: [`${proxy.origin}/capture/`] });
    await expect(read(`${proxy.origin}/capture${PATH}`)).resolves.toBe('{"a":1}');
    expect(proxy.asked[0]!.url).toBe(`/capture${PATH}`);
    for (const path of [PATH, `/other${PATH}`, `/capture/../other${PATH}`, `/capture/more${PATH}`]) {
      await expect(read(proxy.origin + path)).rejects.toThrow('EVENT_BLOB_ORIGINS');
    }
    expect(proxy.asked).toHaveLength(1);
  });

  it('never calls an address that a forged record names, whatever it looks like', async () => {
    const sibling = await listener('{}');
    const stranger = await listener('{}');
    const read = createBlobReader({ internalApiKey: KEY, origins: [sibling.origin] });
    const { host } = new URL(stranger.origin);
    for (const dataref of [
      stranger.origin + PATH,
      `${sibling.origin}@${host}${PATH}`,
      `http://127.0.0.1:80${PATH}`,
      `https://${new URL(sibling.origin).host}${PATH}`,
      `${sibling.origin}/v1/recordings${PATH}`,
      `${sibling.origin}${PATH}?x=1`,
      `file://${PATH}`,
      PATH,
    ]) {
      await expect(read(dataref)).rejects.toThrow(/EVENT_BLOB_ORIGINS|no address of an event blob/);
    }
    expect(stranger.asked).toEqual([]);
    expect(sibling.asked).toEqual([]);
  });

  it('is off when no sibling is configured', async () => {
    const stranger = await listener('{}');
    const read = createBlobReader({ internalApiKey: KEY, origins: [] });
    await expect(read(stranger.origin + PATH)).rejects.toThrow('EVENT_BLOB_ORIGINS');
    expect(stranger.asked).toEqual([]);
  });

  it('gives up on a body without end as soon as it is too large', async () => {
    const endless = await listener((write) => {
      const timer = setInterval(() => write('x'.repeat(10_000)), 1);
      servers.at(-1)!.once('close', () => clearInterval(timer));
    });
    const read = createBlobReader({ internalApiKey: KEY, origins: [endless.origin], maxBytes: 50_000 });
    const failure = await read(endless.origin + PATH).catch((error: unknown) => error);
    expect(failure).toMatchObject({ message: 'The event blob is larger than 50000 bytes.' });
    expect(failure).not.toBeInstanceOf(BlobUnavailableError);
    servers.at(-1)!.closeAllConnections();
  });
});
