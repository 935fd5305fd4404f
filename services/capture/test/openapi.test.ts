import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger, loadConfig, newSealingKey } from '@wxcc-wfo/service-kit';
import { gapsOfOpenApi, type OpenApiDocument, uncompilableSchemas } from '@wxcc-wfo/service-kit/testing/openapi';
import { testAddresses } from '@wxcc-wfo/testkit';
import { buildApp } from '../src/app.ts';
import { captureConfig } from '../src/config.ts';
import { createWiring, type Wiring } from '../src/wiring.ts';
import { type CaptureDatabase, captureDatabase } from './capture-database.ts';

let database: CaptureDatabase;
let wiring: Wiring;
let app: Awaited<ReturnType<typeof buildApp>>;

beforeAll(async () => {
  database = await captureDatabase();
  const config = loadConfig(captureConfig, {
    DATABASE_URL: database.url,
    REDIS_URL: testAddresses.redisUrl,
    KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
    SEALING_KEYS: `k1:${newSealingKey()}`,
    HANDOVER_KEYS: `k1:${newSealingKey()}`,
    WEBEX_ALLOWED_HOSTS: 'api.wxcc-us1.cisco.com',
    API_KEYS: '[]',
  });
  wiring = createWiring(config, { logger: createLogger({ service: 'capture', level: 'silent' }), onFatal() {} });
  app = await buildApp(wiring, { isCaughtUp: () => true });
});
afterAll(async () => {
  await app?.close();
  wiring?.quota.close();
  wiring?.redis.disconnect();
  await wiring?.pool.end();
  await database?.drop();
});

describe('the OpenAPI document of capture', () => {
  it('describes every route, parameter and field, with examples of bodies, answers and errors', async () => {
    const document = (await app.inject('/openapi.json')).json() as OpenApiDocument;
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/acds/{acdId}/capture', '/v1/tasks/{acdId}/{taskId}', '/v1/republications']),
    );
    expect(gapsOfOpenApi(document)).toEqual([]);
  });

  it('has no schema that fails only when its route is called', () => expect(uncompilableSchemas()).toEqual([]));
});
