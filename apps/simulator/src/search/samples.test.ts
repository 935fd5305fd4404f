import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, validate } from 'graphql';
import { signedIn, type TestClient } from '../testing/test-client.ts';
import {
  activityFields,
  agentActivityFields,
  channelFields,
  type FieldTable,
  legFields,
  sessionFields,
  taskFields,
} from './field-tables.ts';
import { buildSearchSchema } from './schema.ts';

const folder = new URL('../../../../../shared/reference/webex/samples/', import.meta.url);
const present = existsSync(folder);
const files = present ? readdirSync(folder) : [];
const read = (name: string): string => readFileSync(new URL(name, folder), 'utf8');
const queries = files.filter((name) => /^search-.*\.graphql$/.test(name));
const title = "Cisco's published Search samples against this schema";

/** Fields that stand in samples although the tenant's own dictionary marks them otherwise are compared by JSON type only. */
function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** Paths with their JSON types, list positions left out. */
function shapeOf(value: unknown, path = '', into = new Map<string, Set<string>>()): Map<string, Set<string>> {
  const types = into.get(path) ?? new Set();
  into.set(path, types.add(typeOf(value)));
  if (Array.isArray(value)) for (const one of value) shapeOf(one, `${path}[]`, into);
  else if (value !== null && typeof value === 'object') {
    for (const [key, one] of Object.entries(value)) shapeOf(one, `${path}.${key}`, into);
  }
  return into;
}

if (!present) {
  describe.skip(`${title} (skipped: ../shared/reference/webex/samples is absent)`, () => {
    it('needs the samples', () => undefined);
  });
} else {
  describe(title, () => {
    const schema = buildSearchSchema();
    let client: TestClient;
    beforeAll(async () => {
      client = await signedIn({ tasks: 300, seed: 'samples' });
    });
    afterAll(() => client.simulator.close());

    it.each(queries)('%s is valid', (name) => {
      expect(validate(schema, parse(read(name))).map((error) => error.message)).toEqual([]);
    });

    // The samples lie years back and name tasks, teams and cursors of their own: moved into this story's time.
    const executable = (name: string): string => {
      const now = Date.now();
      const task = client.simulator.story.tasks().find((one) => one.rows.some((row) => row.eventName === 'parked'))!;
      return read(name)
        .replace(/from:\s*\d+/, `from: ${now - 20 * 86_400_000}`)
        .replace(/to:\s*\d+/, `to: ${now}`)
        .replace(/first: 2, after: "\d+"/, `first: 2, after: "${task.endedMs}"`)
        .replace(/after: "\d+"/, `after: "${now}"`)
        .replace(/cursor\s*:\s*"\d+"/, 'cursor: "NA"')
        .replace(/id: \{ equals: "[0-9a-f-]{36}" \}/, `id: { equals: "${task.id}" }`)
        .replace(/filter\s*:\s*\{\s*(lastTeam|team)\s*:\s*\{\s*id\s*:\s*\{\s*equals\s*:\s*"[^"]*"\s*\}\s*\}\s*\}/, '')
        .replace(/filter:\s*\{\s*channelInfo:\s*\{\s*channelId: \{ equals: "[^"]*" \}\s*\}\s*\}/, '')
        .replace(/lastTeam: \{ id: \{ equals: "[^"]*" \} \}/, 'channelType: { equals: telephony }')
        .replaceAll(/"(Basic-Queue)"/g, '"Billing"')
        .replace(/or: \[[\s\S]*?\]/, 'or: [{ status: { equals: "ended" } }]');
    };

    it.each(queries)('%s: every field of the published answer has the same JSON type here', async (name) => {
      const { status, body } = await client.search(executable(name));
      expect({ status, errors: body.errors }).toEqual({ status: 200, errors: undefined });
      const published = shapeOf(JSON.parse(read(name.replace('.graphql', '.json'))));
      const ours = shapeOf(body);
      const list = /\{"data":\{"(\w+)":\{"(\w+)":\[/.exec(JSON.stringify(body));
      expect(list).not.toBeNull();
      expect(Object.values(Object.values(body.data as object)[0] as object)[0]).not.toEqual([]);
      for (const [path, types] of ours) {
        const theirs = published.get(path);
        // An alias of a sample answer that does not belong to its query is not ours to explain.
        if (theirs === undefined || types.has('null') || theirs.has('null')) continue;
        expect({ path, types: [...types] }).toEqual({ path, types: [...theirs] });
      }
    });

    it('has every field of the published dictionaries that a task, a row, a leg or a session has', () => {
      const dictionaries = JSON.parse(read('schema-search-fields.json')) as Record<
        string,
        { field: string; type: string }[]
      >;
      const missing: string[] = [];
      const check = (dictionary: string, table: FieldTable, prefix = ''): void => {
        for (const { field } of dictionaries[dictionary]!) {
          if (!field.startsWith(prefix) || field.includes('GlobalVariables')) continue;
          const found = field
            .slice(prefix.length)
            .split('.')
            .reduce<unknown>((at, name) => (at as FieldTable | undefined)?.[name], table);
          if (found === undefined) missing.push(`${dictionary} ${field}`);
        }
      };
      check('CSR', taskFields);
      check('CAR', activityFields, 'activities.nodes.');
      check('CLR', legFields);
      check('AAR', agentActivityFields, 'channelInfo.activities.nodes.');
      const sessions = dictionaries.ASR!.filter(
        ({ field }) => !field.startsWith('channelInfo.') && !(field in sessionFields),
      );
      expect(missing).toEqual([]);
      expect(sessions.map(({ field }) => field)).toEqual([]);
      expect(Object.keys(channelFields).length).toBeGreaterThan(40);
    });
  });
}
