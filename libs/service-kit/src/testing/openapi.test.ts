import { describe, expect, it } from '@jest/globals';
import { gapsOfOpenApi } from './openapi.ts';

const json = (schema: object) => ({ 'application/json': { schema } });
const name = { type: 'string', description: 'How it is called.' };
const thing = { type: 'object', properties: { name }, examples: [{ name: 'a' }] };
const whole = {
  summary: 'Read a thing',
  description: 'As it is now.',
  parameters: [{ name: 'id', in: 'path', description: 'Which.' }],
  requestBody: { content: json(thing) },
  responses: {
    200: { description: 'The thing.', content: json(thing) },
    default: { description: 'A problem.', content: json(thing) },
  },
};
const gaps = (changes: object) => gapsOfOpenApi({ paths: { '/things/{id}': { get: { ...whole, ...changes } } } });

describe('the OpenAPI documents (order: examples for every route and error)', () => {
  it('says nothing of a whole one', () => expect(gaps({})).toEqual([]));

  it.each<[string, object, string]>([
    ['no summary', { summary: undefined }, 'summary'],
    ['no description', { description: '' }, 'description'],
    ['no description but the scope', { description: 'Needs the scope `things:read`.' }, 'description'],
    ['a parameter', { parameters: [{ name: 'id', in: 'path' }] }, 'description of the path parameter id'],
    [
      'a body without example',
      { requestBody: { content: json({ ...thing, examples: undefined }) } },
      'example of the body',
    ],
    [
      'a field in a list in a choice',
      {
        requestBody: {
          content: json({
            examples: [{}],
            anyOf: [{ type: 'array', items: { type: 'object', properties: { size: { type: 'integer' } } } }],
          }),
        },
      },
      'description of body/size',
    ],
    [
      'an error without example',
      { responses: { 200: whole.responses[200], default: { description: 'x', content: json({ properties: {} }) } } },
      'example of the answer default',
    ],
    [
      'a file without description',
      {
        responses: {
          ...whole.responses,
          200: { description: 'x', content: { 'audio/wav': { schema: { type: 'string', format: 'binary' } } } },
        },
      },
      'description of the file of the answer 200',
    ],
    ['no error', { responses: { 200: whole.responses[200] } }, 'an answer of error'],
    ['no success', { responses: { default: whole.responses.default } }, 'an answer of success'],
  ])('finds %s', (_name, changes, gap) => expect(gaps(changes)).toEqual([`get /things/{id}: ${gap}`]));

  it('asks no example of a file that is described', () => {
    const schema = { type: 'string', format: 'binary', description: 'What is heard.' };
    const file = { description: 'The audio.', content: { 'audio/wav': { schema } } };
    expect(gaps({ responses: { ...whole.responses, 200: file } })).toEqual([]);
  });

  it('leaves out what it is told to', () => {
    const document = { paths: { '/things': { get: {} } } };
    expect(gapsOfOpenApi(document, { except: ['/thin'] })).toEqual([]);
  });
});
