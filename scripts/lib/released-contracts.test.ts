import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TOPIC_NAMES } from '@wxcc-wfo/contracts';
import { writeRelease } from './released-contracts.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'released-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('OPS-04 what a release promises', () => {
  it('is every event: its schema, and what stands beside it', () => {
    const file = join(folder, '9.9.9.json');
    writeRelease(file);
    const written = JSON.parse(readFileSync(file, 'utf8'));
    expect(Object.keys(written)).toEqual(TOPIC_NAMES);
    expect(written['user-changed']).toMatchObject({
      type: 'wxcc-wfo.user-changed.v1',
      key: 'acdId:userId',
      compacted: true,
      publisher: 'sync',
      schema: { type: 'object', properties: { userId: { type: 'string' } } },
    });
  });

  it('is never written over', () => {
    const file = join(folder, '0.1.0.json');
    writeFileSync(file, 'promised');
    expect(() => writeRelease(file)).toThrow('that version is released');
    expect(readFileSync(file, 'utf8')).toBe('promised');
  });
});
