import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gapsOfOpenApi, type OpenApiDocument, uncompilableSchemas } from '@wxcc-wfo/service-kit/testing/openapi';
import { anAcd, type MediaImportDatabase, mediaImportDatabase } from './media-import-database.ts';
import { createDeployment, type Deployment, type RunningImport, runImport } from './running-import.ts';

let database: MediaImportDatabase;
let deployment: Deployment;
let service: RunningImport;

beforeAll(async () => {
  database = await mediaImportDatabase();
  deployment = await createDeployment({ database, acd: anAcd() });
  service = await runImport(deployment, { consumes: false });
});
afterAll(async () => {
  await service?.stop();
  await deployment?.close();
  await database?.drop();
});

describe('the OpenAPI document of media-import', () => {
  it('describes every route, parameter and field, with examples of bodies, answers and errors', async () => {
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as OpenApiDocument;
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/imports', '/v1/recordings/{recordingId}/generations/{generation}/key']),
    );
    expect(gapsOfOpenApi(document)).toEqual([]);
  });

  it('has no schema that fails only when its route is called', () => expect(uncompilableSchemas()).toEqual([]));
});
