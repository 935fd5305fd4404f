import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gapsOfOpenApi, type OpenApiDocument, uncompilableSchemas } from '@wxcc-wfo/service-kit/testing/openapi';
import { type RunningDirectory, runDirectory } from './running-directory.ts';

let sync: RunningDirectory;
beforeAll(async () => {
  sync = await runDirectory();
});
afterAll(() => sync?.stop());

describe('the OpenAPI document of sync', () => {
  it('describes every route, parameter and field, with examples of bodies, answers and errors', async () => {
    const document = (await (await fetch(`${sync.url}/openapi.json`)).json()) as OpenApiDocument;
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/acds/{acdId}/sync-runs', '/v1/users', '/v1/duplicates', '/v1/audit-entries']),
    );
    expect(gapsOfOpenApi(document)).toEqual([]);
  });

  it('has no schema that fails only when its route is called', () => expect(uncompilableSchemas()).toEqual([]));
});
