import { readFileSync } from 'node:fs';
import { Parser } from '@asyncapi/parser';
import { describe, expect, it } from '@jest/globals';
import { buildAsyncApi } from './asyncapi.ts';
import { TOPIC_NAMES } from './definitions.ts';

describe('OPS-04 the AsyncAPI document', () => {
  it('is valid AsyncAPI 3 and describes every topic with examples that match their schemas', async () => {
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

  it('is the one in docs/generated; `npm run docs` writes it anew', () => {
    const written = readFileSync(new URL('../../../docs/generated/asyncapi.json', import.meta.url), 'utf8');
    expect(JSON.parse(written)).toEqual(JSON.parse(JSON.stringify(buildAsyncApi('0.1.0'))));
  });
});
