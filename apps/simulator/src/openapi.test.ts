import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Resource } from './config/records.ts';
import { signedIn, type TestClient } from './testing/test-client.ts';

const file = new URL('../../../../shared/reference/webex/wxcc-openapi-subset.json', import.meta.url);
const folder = new URL('../../../../shared/reference/webex/samples/', import.meta.url);
const present = existsSync(file);

interface Schema {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  enum?: unknown[];
}

/** Required by the document, but lists leave array fields out. */
const tolerated = new Set(['callDistributionGroups']);

const title = "answers against Cisco's OpenAPI document";
if (!present) {
  describe.skip(`${title} (skipped: ../shared/reference/webex is absent)`, () => {
    it('needs the document', () => undefined);
  });
} else {
  const { components } = JSON.parse(readFileSync(file, 'utf8')) as { components: { schemas: Record<string, Schema> } };

  /** Differences between a value and a schema: types, enum values, required fields. Fields that the schema lacks pass. */
  const differences = (value: unknown, schema: Schema, path: string): string[] => {
    if (schema.$ref !== undefined) return differences(value, components.schemas[schema.$ref.split('/').at(-1)!]!, path);
    if (value === null || value === undefined || schema.type === undefined) return [];
    const type = Array.isArray(value) ? 'array' : Number.isInteger(value) ? 'integer' : typeof value;
    const fits = type === schema.type || (type === 'integer' && schema.type === 'number');
    if (!fits) return [`${path} is ${type}, not ${schema.type}`];
    if (schema.enum !== undefined && !schema.enum.includes(value))
      return [`${path} is ${String(value)}, which is none of ${schema.enum.join(' ')}`];
    if (Array.isArray(value)) return value.flatMap((one, n) => differences(one, schema.items ?? {}, `${path}[${n}]`));
    if (typeof value !== 'object') return [];
    const missing = (schema.required ?? [])
      .filter((name) => !(name in value) && !tolerated.has(name))
      .map((name) => `${path}.${name} is missing`);
    const inner = Object.entries(value).flatMap(([name, one]) =>
      differences(one, schema.properties?.[name] ?? {}, `${path}.${name}`),
    );
    return [...missing, ...inner];
  };

  describe(title, () => {
    let client: TestClient;
    let org = '';
    beforeAll(async () => {
      client = await signedIn({ tasks: 30 });
      org = `/organization/${client.simulator.tenant.options.orgId}`;
    });
    afterAll(() => client.simulator.close());

    const check = async (schema: string, answer: Promise<Response>, status: number): Promise<void> => {
      const given = await answer;
      expect(given.status).toBe(status);
      const body = (await given.json()) as unknown;
      const found = Array.isArray(body)
        ? body.flatMap((one, n) => differences(one, { $ref: `/${schema}` }, `[${n}]`))
        : differences(body, { $ref: `/${schema}` }, schema);
      expect(found).toEqual([]);
    };
    const recorded = (): string => client.simulator.story.tasks().find((task) => task.recordings.length > 0)!.id;
    const subscription = {
      name: 'Bridge',
      eventTypes: ['task:ended'],
      destinationUrl: 'https://bridge.example.com/a',
      resourceVersion: 'task:1.0.0',
    };

    it('captures', () =>
      check(
        'DownloadMultipleInteractionsResponse',
        client.send('POST', '/v1/captures/query', { query: { taskIds: [recorded()], includeSegments: true } }),
        200,
      ));
    it('captures, refused', () =>
      check('ApiErrorResponse', client.send('POST', '/v1/captures/query', { query: { taskIds: [] } }), 400));
    it('search, refused', () => check('ApiErrorResponse', client.send('POST', '/search', {}), 400));
    it('a subscription', async () => {
      await check('SubscriptionCreateApiResponseEnhanced', client.send('POST', '/v2/subscriptions', subscription), 201);
      await check('SubscriptionApiListResponseEnhanced', client.send('GET', '/v2/subscriptions'), 200);
      await check('ErrorResult', client.send('POST', '/v2/subscriptions', {}), 400);
      await check('EventTypesApiListResponseEnhanced', client.send('GET', '/v2/event-types'), 200);
    });

    it.each([
      ['user', 'UserResponseDTO'],
      ['team', 'TeamResponseDTO'],
      ['contact-service-queue', 'ContactServiceQueueDTO'],
      ['site', 'SiteDTO'],
      ['entry-point', 'EntryPointDTO'],
      ['auxiliary-code', 'AuxiliaryCodeDTO'],
    ])('%s, listed, in both versions and by id, as it was, changed, added and generated', async (resource, schema) => {
      const { directory } = client.simulator.tenant;
      directory.generate({ users: 30, teams: 30, queues: 30 });
      const kind = resource as Resource;
      const [first] = directory.table(kind).slice(0, 1);
      directory.change(kind, first!.id, { active: false });
      directory.add(
        kind,
        resource === 'user' ? { firstName: 'New', lastName: 'Person', dbId: 'tid-1' } : { name: 'New' },
      );
      await check(schema, client.send('GET', `${org}/${resource}`), 200);
      const list = (await (await client.send('GET', `${org}/v2/${resource}`)).json()) as {
        meta: unknown;
        data: { id: string }[];
      };
      expect(differences(list.meta, { $ref: '/MetaDataPagedInfo' }, 'meta')).toEqual([]);
      expect(list.data.flatMap((one, n) => differences(one, { $ref: `/${schema}` }, `data[${n}]`))).toEqual([]);
      for (const { id } of [list.data[0]!, list.data.at(-1)!]) {
        await check(schema, client.send('GET', `${org}/${resource}/${id}`), 200);
      }
    });

    it('a user by the Common Identity id, with the profile', async () => {
      const { ciUserId } = client.simulator.tenant.directory.table('user').slice(0, 1)[0]!;
      const path = `${org}/user/by-ci-user-id/${ciUserId}`;
      await check('UserResponseDTO', client.send('GET', path), 200);
      const schema = 'UserResponseDTO_UserResponseWithUserProfile';
      await check(schema, client.send('GET', `${path}?includeUserProfile=true`), 200);
      await check(schema, client.send('GET', `${org}/user/with-user-profile`), 200);
    });

    it.each([401, 403, 404, 429, 500])(
      'an error of the configuration API has the published form: HTTP %i',
      async (status) => {
        await client.control('POST', '/control/faults', { kind: 'server-error', status, count: 1, routes: ['config'] });
        const answer = await client.send('GET', `${org}/v2/user`);
        expect(answer.status).toBe(status);
        const sample = JSON.parse(readFileSync(new URL(`errors-config-${status}.json`, folder), 'utf8'));
        const given = (await answer.json()) as { error: object };
        expect(Object.keys(given).sort()).toEqual(Object.keys(sample).sort());
        expect(Object.keys(given.error).sort()).toEqual(Object.keys(sample.error).sort());
      },
    );
  });
}
