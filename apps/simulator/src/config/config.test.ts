import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signedIn, type TestClient } from '../testing/test-client.ts';

describe('configuration', () => {
  let client: TestClient;
  let org = '';
  beforeAll(async () => {
    client = await signedIn({ agents: 12 });
    org = `/organization/${client.simulator.tenant.options.orgId}`;
  });
  afterAll(() => client.simulator.close());
  // biome-ignore lint/suspicious/noExplicitAny: answers of several shapes
  const get = async (path: string): Promise<any> => (await client.send('GET', `${org}${path}`)).json();

  it('lists users bare in v1 and with meta in v2, from page 0, without array fields', async () => {
    // Twelve agents and the administrator.
    expect(await get('/user')).toHaveLength(13);
    const page = await get('/v2/user?page=1&pageSize=5');
    expect(page.meta).toMatchObject({
      orgid: client.simulator.tenant.options.orgId,
      page: 1,
      pageSize: 5,
      totalPages: 3,
      totalRecords: 13,
    });
    expect(page.meta.links.next).toContain('page=2');
    expect(page.data).toHaveLength(5);
    expect(page.data[0]).not.toHaveProperty('teamIds');
    const agent = client.simulator.story.directory.agents[0]!;
    expect(await get(`/user/${agent.id}`)).toMatchObject({
      id: agent.id,
      ciUserId: agent.ciUserId,
      teamIds: [agent.team.id],
    });
    expect(await get(`/user/by-ci-user-id/${agent.ciUserId}`)).toMatchObject({ id: agent.id });
  });

  it('cuts a page size that is too large without a word', async () => {
    expect((await get('/v2/team?pageSize=5000')).meta.pageSize).toBe(100);
  });

  it('filters: on id only in v1, on more in v2, whole when one is left and asked for', async () => {
    const agent = client.simulator.story.directory.agents[4]!;
    expect(await get(`/user?filter=id=="${agent.id}"`)).toHaveLength(1);
    expect((await client.send('GET', `${org}/user?filter=email=="x"`)).status).toBe(400);
    const one = await get(`/v2/user?filter=email=="${agent.email}"&singleObjectResponse=true`);
    expect(one.data).toEqual([expect.objectContaining({ id: agent.id, teamIds: [agent.team.id] })]);
    const teams = await get(`/v2/team?filter=userId==${agent.id}`);
    expect(teams.data).toEqual([expect.objectContaining({ id: agent.team.id })]);
    expect((await client.send('GET', `${org}/v2/team?filter=userId=="${agent.id}"`)).status).toBe(400);
  });

  it.each(['team', 'contact-service-queue', 'site', 'entry-point', 'auxiliary-code'])(
    'reads %s by list and by id',
    async (resource) => {
      const [first] = await get(`/${resource}`);
      expect(await get(`/${resource}/${first.id}`)).toMatchObject(first);
      expect((await get(`/v2/${resource}`)).data.length).toBeGreaterThan(0);
    },
  );

  it('answers 404 in its own error form', async () => {
    const answer = await client.send('GET', `${org}/team/nobody`);
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ error: { key: '404', message: [{ references: [] }] } });
  });

  const folder = new URL('../../../../../shared/reference/webex/samples/', import.meta.url);
  const sampled = existsSync(folder) ? it : it.skip;
  sampled(
    `has the types of the published examples${existsSync(folder) ? '' : ' (skipped: ../shared is absent)'}`,
    async () => {
      const example = (name: string) => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
      const pairs: [unknown, Record<string, unknown>][] = [
        [(await get('/user'))[0], example('users-list-v1.json')[0]],
        [(await get('/team'))[0], example('teams-list-v1.json')[0]],
        [(await get('/site'))[0], example('sites-item-spec-example.json')],
        [(await get('/auxiliary-code'))[0], example('auxiliary-codes-item-spec-example.json')],
        [(await get('/v2/user?page=1&pageSize=4')).meta, example('meta-paged-v2-spec-example.json')],
      ];
      for (const [ours, published] of pairs) {
        for (const [key, value] of Object.entries(ours as object)) {
          if (value === null || published[key] === undefined || published[key] === null) continue;
          expect({ key, type: typeof value }).toEqual({ key, type: typeof published[key] });
        }
      }
    },
  );
});
