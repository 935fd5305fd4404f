import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { keyOfMetadataField } from '@wxcc-wfo/contracts';
import { createLogger, readAsTenant } from '@wxcc-wfo/service-kit';
import { createAskMetadataJob } from '../src/metadata/ask-metadata-job.ts';
import { readNotOffered, recordNotOffered } from '../src/metadata/not-offered-repository.ts';
import { anAcd, type CaptureDatabase, captureDatabase } from './capture-database.ts';

const HOUR_MS = 3_600_000;
const START_MS = 1_780_000_000_000;

describe('CAP-04 fields that an ACD does not offer are remembered', () => {
  const acd = anAcd({
    metadataMappings: [
      { acdMetadataName: 'task.origin', metadataLabel: 'From' },
      { acdMetadataName: 'taskDetails.entryPoint.name', metadataLabel: 'Entry point' },
      { acdMetadataName: 'Consult', metadataLabel: 'call type' },
    ],
  });
  let database: CaptureDatabase;
  let nowMs = START_MS;
  beforeAll(async () => {
    database = await captureDatabase();
  });
  afterAll(() => database?.drop());
  beforeEach(async () => {
    nowMs = START_MS;
    await database.pool.query('DELETE FROM not_offered_field');
  });

  const logger = createLogger({ service: 'capture', level: 'silent' });
  const ask = () => createAskMetadataJob({ pool: database.pool, nowMs: () => nowMs, logger })(acd);
  const askedKeys = async () => (await ask()).options.metadata?.fields.map(keyOfMetadataField);
  const refuse = async () => {
    const asking = await ask();
    const question = asking.options.metadata!;
    question.onNotOffered(question.fields[1]!, 'Cannot query field "entryPoint".');
    expect(question.fields.map(keyOfMetadataField)).toEqual(['origin']);
    await asking.settle();
  };

  it('CAP-04 one that was refused is asked for by no replica for a day, and by all of them then', async () => {
    expect(await askedKeys()).toEqual(['origin', 'entryPoint.name']);
    await refuse();
    expect(await askedKeys()).toEqual(['origin']);
    nowMs += 24 * HOUR_MS - 1;
    expect(await askedKeys()).toEqual(['origin']);
    nowMs += 1;
    expect(await askedKeys()).toEqual(['origin', 'entryPoint.name']);
  });

  it('CAP-04 refused day after day it is known since the first time, and anew when it was offered in between', async () => {
    const at = async (hours: number) => {
      nowMs = START_MS + hours * HOUR_MS;
      await refuse();
      return (await readNotOffered(database.pool, acd.acdId)).get('entryPoint.name');
    };
    expect(await at(0)).toMatchObject({ firstRefusedAtMs: START_MS, lastRefusedAtMs: START_MS });
    const aDayLater = { firstRefusedAtMs: START_MS, lastRefusedAtMs: START_MS + 24 * HOUR_MS };
    expect(await at(24)).toMatchObject(aDayLater);
    const aWeekLater = START_MS + 192 * HOUR_MS;
    expect(await at(192)).toMatchObject({ firstRefusedAtMs: aWeekLater, lastRefusedAtMs: aWeekLater });
  });

  it('CAP-04 a clock that runs behind takes nothing back, and another tenant sees nothing', async () => {
    const refused = new Map([['origin', 'x']]);
    await recordNotOffered(database.pool, acd, { refused, atMs: START_MS });
    await recordNotOffered(database.pool, acd, { refused, atMs: START_MS - HOUR_MS });
    const seenBy = (tenantId: string) =>
      readAsTenant(database.pool, { tenantId }, (tx) => readNotOffered(tx, acd.acdId));
    expect((await seenBy(acd.tenantId)).get('origin')?.lastRefusedAtMs).toBe(START_MS);
    expect((await seenBy('99999999-9999-4999-8999-999999999999')).size).toBe(0);
  });

  it('CAP-04 an ACD without mapped fields asks the database nothing', async () => {
    const pool = new Proxy(database.pool, {
      get() {
        throw new Error('Asked the database.');
      },
    });
    const { options } = await createAskMetadataJob({ pool, nowMs: () => nowMs, logger })(
      anAcd({ metadataMappings: [] }),
    );
    expect(options).toEqual({});
  });
});
