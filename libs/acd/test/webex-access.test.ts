import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, createSealer, newSealingKey, parseKeyring } from '@wxcc-wfo/service-kit';
import { testAddresses } from '@wxcc-wfo/testkit';
import { closeWebexConnections } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import { createWebexAccess, NoAccessToken, type WebexAccess } from '../src/index.ts';
import { anAcd } from '../src/testing/index.ts';
import { acdDatabase } from './acd-database.ts';

const NOW_MS = 1_780_000_000_000;

describe('ACD-01 a client for one ACD as it is now', () => {
  const handover = createSealer(parseKeyring(`h:${newSealingKey()}`));
  const atRest = createSealer(parseKeyring(`s:${newSealingKey()}`));
  const logger = createLogger({ service: 'test', level: 'silent' });
  const asked: { path: string; bearer: string | undefined }[] = [];
  let pool: Pool;
  let drop: () => Promise<void>;
  let server: Server;
  let access: WebexAccess;
  let apiUrl: string;
  beforeAll(async () => {
    ({ pool, drop } = await acdDatabase());
    server = createServer(({ url = '', headers }, response) => {
      asked.push({ path: url, bearer: headers.authorization });
      response.writeHead(404).end('{}');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    apiUrl = `http://${host}`;
    const config = {
      REDIS_URL: testAddresses.redisUrl,
      WEBEX_REQUESTS_PER_MINUTE: 300,
      WEBEX_EXPECTED_PROCESSES: 20,
      WEBEX_ALLOWED_HOSTS: [host],
      WEBEX_ALLOW_PRIVATE_ADDRESSES: true,
    };
    access = createWebexAccess({ config, kind: 'sync', sql: pool, handover, atRest, logger, nowMs: () => NOW_MS });
    await access.waitForRedis();
  });
  afterAll(async () => {
    access.quota.close();
    access.redis.disconnect();
    server.close();
    await closeWebexConnections();
    await drop();
  });

  const authorized = async (changes: Parameters<typeof anAcd>[0]) => {
    const acd = anAcd({ apiUrl, quotaKey: crypto.randomUUID(), ...changes });
    await access.redis.hset(`wfo:token:${acd.acdId}`, {
      version: 1,
      sealed: handover.seal(`token of ${acd.name}`, `${acd.acdId}:1`),
      expiresAtMs: NOW_MS + 3_600_000,
    });
    return acd;
  };

  it('asks each ACD’s own organization with its own token, and the organization of now after a change', async () => {
    const north = await authorized({ name: 'north', webexOrgId: 'org-north' });
    const south = await authorized({ name: 'south', webexOrgId: 'org-south' });
    const moved = { ...north, revision: 2, webexOrgId: 'org-moved' };
    for (const acd of [north, south, moved]) {
      await expect(access.webexFor(acd).findUsers(['u'])).rejects.toMatchObject({ statusCode: 404 });
    }
    expect(asked.map(({ path, bearer }) => [path.split('/')[2], bearer])).toEqual([
      ['org-north', 'Bearer token of north'],
      ['org-south', 'Bearer token of south'],
      ['org-moved', 'Bearer token of north'],
    ]);
  });

  it('AUTH-06 sends nothing without a token, nor to a host that is not allowed', async () => {
    asked.length = 0;
    const elsewhere = await authorized({ apiUrl: 'https://elsewhere.example' });
    await expect(access.webexFor(anAcd({ apiUrl })).findUsers(['u'])).rejects.toThrow(NoAccessToken);
    await expect(access.webexFor(elsewhere).findUsers(['u'])).rejects.toThrow(/elsewhere\.example/);
    expect(asked).toEqual([]);
  });
});
