import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { type FaultProxy, faultProxy } from './fault-proxy.ts';
import { waitFor } from './wait-for.ts';

/** A server that sends back what it gets. */
let echo: Server;
let proxy: FaultProxy;
const clients: Socket[] = [];

interface Client {
  socket: Socket;
  received(): string;
  ended(): string | undefined;
}

async function client(): Promise<Client> {
  const socket = connect(proxy.port, proxy.host);
  clients.push(socket);
  let received = '';
  let ended: string | undefined;
  socket.on('data', (data) => {
    received += data.toString();
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ended = error.code;
  });
  socket.on('end', () => {
    ended ??= 'end';
  });
  await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  return { socket, received: () => received, ended: () => ended };
}

beforeAll(async () => {
  echo = createServer((socket) => void socket.on('error', () => {}).pipe(socket));
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
});
afterAll(() => void echo.close());
beforeEach(async () => {
  proxy = await faultProxy({ target: { host: '127.0.0.1', port: (echo.address() as { port: number }).port } });
});
afterEach(async () => {
  for (const socket of clients.splice(0)) socket.destroy();
  await proxy.close();
});

it('passes bytes and the end of a stream through', async () => {
  const one = await client();
  one.socket.end('hello');
  await waitFor('the echo', () => one.received() === 'hello' && one.ended() === 'end');
  expect(proxy.accepted()).toBe(1);
  await waitFor('the connection to be forgotten', () => proxy.connections() === 0);
});

it('cuts open connections and lets new ones in', async () => {
  const one = await client();
  one.socket.write('a');
  await waitFor('the echo', () => one.received() === 'a');
  proxy.cut();
  await waitFor('the reset', () => one.ended() === 'ECONNRESET');
  const two = await client();
  two.socket.write('b');
  await waitFor('the echo', () => two.received() === 'b');
});

it('refuses until healed', async () => {
  proxy.refuse();
  const refused = await client().catch((error: NodeJS.ErrnoException) => error.code);
  if (typeof refused === 'object') await waitFor('the reset', () => refused.ended() === 'ECONNRESET');
  expect(proxy.accepted()).toBe(0);
  proxy.heal();
  const one = await client();
  one.socket.write('a');
  await waitFor('the echo', () => one.received() === 'a');
});

it('holds everything back on a half-open path and delivers it when healed', async () => {
  const one = await client();
  proxy.halfOpen();
  one.socket.write('held');
  const two = await client();
  two.socket.write('too');
  await waitFor('both to be let in', () => proxy.accepted() === 2);
  expect([one.received(), two.received(), one.ended()]).toEqual(['', '', undefined]);
  proxy.heal();
  await waitFor('what was held', () => one.received() === 'held' && two.received() === 'too');
});

it('delays each direction', async () => {
  proxy.delay(40);
  const one = await client();
  const sentMs = performance.now();
  one.socket.write('a');
  await waitFor('the echo', () => one.received() === 'a', { intervalMs: 2 });
  expect(performance.now() - sentMs).toBeGreaterThanOrEqual(78);
});

it('throttles to bytes per second', async () => {
  proxy.throttle(10_000);
  const one = await client();
  const sentMs = performance.now();
  one.socket.write('x'.repeat(1000));
  await waitFor('the echo', () => one.received().length === 1000, { intervalMs: 2 });
  // 1,000 bytes at 10,000 a second take 100 ms there and 100 ms back.
  expect(performance.now() - sentMs).toBeGreaterThanOrEqual(190);
});

it('cuts after a number of bytes towards the client', async () => {
  proxy.limitBytes(4);
  const one = await client();
  one.socket.write('abcdefgh');
  await waitFor('the cut', () => one.ended() !== undefined);
  expect(one.received()).toBe('abcd');
});
