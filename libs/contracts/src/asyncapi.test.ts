import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { buildAsyncApi } from './asyncapi.ts';
import { TOPIC_NAMES } from './definitions.ts';
import { GOLDEN_EXAMPLES } from './examples/golden.ts';

describe('OPS-04 the AsyncAPI document', () => {
  it('is valid AsyncAPI 3 and describes every topic', async () => {
    const { document, diagnostics } = await new Parser().parse(JSON.stringify(buildAsyncApi('0.1.0')));
    expect(diagnostics.filter((found) => found.severity === 0)).toEqual([]);
    expect(
      document
        ?.channels()
        .all()
        .map((channel) => channel.address())
        .sort(),
    ).toEqual([...TOPIC_NAMES].sort());
  });

  // The parser has no rule for it.
  it.each(TOPIC_NAMES)('gives examples of %s that match the schema beside them', (topic) => {
    const { components } = JSON.parse(JSON.stringify(buildAsyncApi('0.1.0')));
    const validate = new Ajv({ strict: false }).compile(components.schemas[topic]);
    const { examples } = components.messages[topic] as { examples: { name: string; payload: unknown }[] };
    expect(examples.length).toBeGreaterThan(0);
    for (const { name, payload } of examples)
      expect([name, validate(payload), validate.errors]).toEqual([name, true, null]);
    for (const { name, payload } of GOLDEN_EXAMPLES[topic].invalid)
      expect([name, validate(payload)]).toEqual([name, false]);
  });

  it('is the one in docs/generated; `npm run docs` writes it anew', () => {
    const written = readFileSync(new URL('../../../docs/generated/asyncapi.json', import.meta.url), 'utf8');
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(buildAsyncApi('0.1.0'))));
  });
});
