import { afterAll, describe, expect, it } from '@jest/globals';
import { testAddresses } from '@wxcc-wfo/testkit';
import fc from 'fast-check';
import pg from 'pg';
import { jsonColumn, jsonColumnSql } from './json-column.ts';

describe('JSON texts as one parameter', () => {
  const pool = new pg.Pool({ connectionString: testAddresses.postgresAdminUrl, max: 1 });
  afterAll(() => pool.end());
  const roundTrip = async (texts: string[]) => {
    const { rows } = await pool.query(`SELECT ${jsonColumnSql('$1')} AS texts`, [jsonColumn(texts)]);
    return rows[0].texts;
  };

  it.each([[['']], [['', '']], [['{"a":1}', '']], [[JSON.stringify('\u001e "quoted" \\ {}')]]])(
    '%j comes back as it was',
    async (texts) => {
      expect(await roundTrip(texts)).toEqual(texts);
    },
  );

  it('gives back any JSON, in its order (property)', async () => {
    const json = fc
      .jsonValue()
      .map((value) => JSON.stringify(value))
      .filter((text) => !text.includes('\\u0000'));
    await fc.assert(
      fc.asyncProperty(fc.array(json, { minLength: 1, maxLength: 20 }), async (texts) => {
        expect(await roundTrip(texts)).toEqual(texts);
      }),
      { numRuns: 50 },
    );
  });
});
