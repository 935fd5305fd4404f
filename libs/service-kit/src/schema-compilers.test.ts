import { describe, expect, it } from '@jest/globals';
import { serializerCompiler, uncompilableSchemas, validatorCompiler } from './schema-compilers.ts';

const route = { method: 'GET', url: '/things', httpStatus: '200' };

describe('the schemas of routes', () => {
  it('are compiled when they are needed, and say what they refuse', () => {
    const schema = { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] };
    const query = validatorCompiler({ schema, ...route, httpPart: 'querystring' });
    const body = validatorCompiler({ schema, ...route, httpPart: 'body' });
    expect(query({ size: '3' })).toBe(true);
    expect(body({ size: '3' })).toBe(false);
    expect({ ...body }).toMatchObject({ errors: [{ instancePath: '/size', keyword: 'type' }] });
    expect(body({ size: 3 })).toBe(true);
    expect({ ...body }).toMatchObject({ errors: null });
    expect(serializerCompiler({ schema, ...route })({ size: 3, secret: 'x' })).toBe('{"size":3}');
  });

  it('are found by the tests where they could never be compiled', () => {
    const broken = { type: 'object', properties: { size: { $ref: '#/definitions/nowhere' } } };
    validatorCompiler({ schema: broken, ...route, httpPart: 'body' });
    serializerCompiler({ schema: broken, ...route });
    expect(uncompilableSchemas()).toEqual([
      expect.stringMatching(/^GET \/things, body: .*nowhere/),
      expect.stringMatching(/^GET \/things, answer 200: .*nowhere/),
    ]);
  });
});
