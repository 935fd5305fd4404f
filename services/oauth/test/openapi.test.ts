import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gapsOfOpenApi, type OpenApiDocument, uncompilableSchemas } from '@wxcc-wfo/service-kit/testing/openapi';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import { deployment, type RunningOAuth, runOAuth } from './running-oauth.ts';

let simulator: Simulator;
let database: OAuthDatabase;
let oauth: RunningOAuth;

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0 });
  database = await oauthDatabase();
  oauth = await runOAuth(deployment(database, simulator), { jobs: false, relay: false, topics: false });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});

describe('the OpenAPI document of oauth', () => {
  it('describes every route, parameter and field, with examples of bodies, answers and errors', async () => {
    const document = (await (await fetch(`${oauth.url}/openapi.json`)).json()) as OpenApiDocument;
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/acds', '/v1/acds/{acdId}', '/v1/variants', '/v1/clients', '/v1/audit-entries']),
    );
    expect(gapsOfOpenApi(document)).toEqual([]);
  });

  it('has no schema that fails only when its route is called', () => expect(uncompilableSchemas()).toEqual([]));
});
