import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { gapsOfOpenApi, type OpenApiDocument, uncompilableSchemas } from '@wxcc-wfo/service-kit/testing/openapi';
import { type RunningSegmenter, runSegmenter } from './running-segmenter.ts';

let segmenter: RunningSegmenter;
beforeAll(async () => {
  segmenter = await runSegmenter();
});
afterAll(() => segmenter?.stop());

describe('the OpenAPI document of segmenter', () => {
  it('describes every route, parameter and field, with examples of bodies, answers and errors', async () => {
    const document = (await (await fetch(`${segmenter.url}/openapi.json`)).json()) as OpenApiDocument;
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/v1/contacts', '/v1/contacts/{contactId}', '/v1/contacts/{contactId}/audio']),
    );
    expect(gapsOfOpenApi(document)).toEqual([]);
  });

  it('has no schema that fails only when its route is called', () => expect(uncompilableSchemas()).toEqual([]));
});
