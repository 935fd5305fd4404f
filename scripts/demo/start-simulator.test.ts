import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { startWatchdog, type Watchdog } from '@wxcc-wfo/testkit';
import { startSimulator } from './start-simulator.ts';

let dataFolder: string;
let watchdog: Watchdog;
beforeEach(() => {
  dataFolder = mkdtempSync(`${tmpdir()}/wfo-simulator-`);
  watchdog = startWatchdog();
});
afterEach(async () => {
  await watchdog.close();
  rmSync(dataFolder, { recursive: true });
});

const start = (environment: Record<string, string> = { SIM_TASKS: '1' }) =>
  startSimulator({ dataFolder, watchdog, environment });

function listenOn(url: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy()).once('error', reject);
    server.listen(Number(new URL(url).port), '127.0.0.1', () => resolve(server));
  });
}

it('is the same tenant at the next start, and moves where somebody has taken its port', async () => {
  const first = await start();
  await first.process.stop();
  const again = await start();
  await again.process.stop();
  expect(again.baseUrl).toBe(first.baseUrl);

  const taker = await listenOn(first.baseUrl);
  const moved = await start();
  expect(moved.baseUrl).not.toBe(first.baseUrl);
  const { orgId, clientId, clientSecret, adminEmail } = first;
  expect(moved).toMatchObject({ orgId, clientId, clientSecret, adminEmail });
  await moved.process.stop();
  taker.close();
});

it('says at once why it ended instead of waiting for it', async () => {
  await expect(start({ SIM_TASKS: 'many' })).rejects.toThrow(/simulator ended unasked[\s\S]*SIM_TASKS is "many"/);
});
