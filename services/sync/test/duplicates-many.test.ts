import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { WebexUser } from '@wxcc-wfo/webex';
import { aWebexTeam, aWebexUser } from './fake-directory.ts';
import { type RunningDirectory, runDirectory } from './running-directory.ts';

const PEOPLE = 210;

interface Candidate {
  duplicateId: string;
  score: number;
  older: { id: string; name: string; webexId: string };
  newer: { id: string; webexId: string };
}

/** The same person under a new id: every third one keeps its address, the others get one of another domain. */
const anew = (user: WebexUser, n: number): WebexUser =>
  aWebexUser(`new-${user.userId}`, {
    firstName: user.firstName,
    lastName: user.lastName,
    email: n % 3 === 0 ? user.email : `${user.email?.split('@')[0]}@new.example`,
  });

describe('SYNC-07 a directory sync makes a whole tenant anew', () => {
  let sync: RunningDirectory;
  let olds: WebexUser[];
  let candidates: Candidate[];
  beforeAll(async () => {
    sync = await runDirectory();
    const path = `/v1/acds/${sync.world.acd.acdId}/sync-settings`;
    await sync.run();
    expect((await sync.change(path, { brakeShare: 1 })).status).toBe(200);
    // Ten persons of one name are among them, which only their addresses tell apart.
    olds = Array.from({ length: PEOPLE }, (_, n) =>
      aWebexUser(`p${n}`, {
        firstName: n < 10 ? 'John' : `F${n}`,
        lastName: n < 10 ? 'Smith' : `L${n}`,
        email: `p${n}@old.example`,
      }),
    );
    sync.world.directory.users = olds;
    sync.world.directory.teams = [aWebexTeam('t-old', { name: 'Sales' })];
    await sync.run();
    sync.world.nowMs += 3_600_000;
  });
  afterAll(() => sync?.stop());

  async function listAll(query = ''): Promise<Candidate[]> {
    const all: Candidate[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { body } = await sync.call(`/v1/duplicates?limit=200&${query}${cursor && `&cursor=${cursor}`}`);
      all.push(...body.items);
      cursor = body.nextCursor;
    }
    return all;
  }
  const merge = (duplicateIds: string[], key?: string) =>
    sync.call('/v1/duplicates/merge', { body: { duplicateIds }, ...(key ? { key } : {}) });
  const dismiss = (duplicateIds: string[], body: object = {}) =>
    sync.call('/v1/duplicates/dismiss', { body: { duplicateIds, ...body } });

  it('gives one candidate per user, also where the new one comes a day before the old one goes', async () => {
    const { directory } = sync.world;
    directory.users = [...olds, ...olds.map(anew)];
    await sync.run();
    sync.world.nowMs += 24 * 3_600_000;
    directory.users = olds.map(anew);
    directory.teams = [aWebexTeam('t-new', { name: 'Sales' })];
    await sync.run();
    candidates = await listAll('kind=user');
    expect(new Set(candidates.map(({ older }) => older.webexId)).size).toBe(PEOPLE);
    expect(candidates).toHaveLength(PEOPLE);
    for (const { older, newer } of candidates) expect(newer.webexId).toBe(`new-${older.webexId}`);
  });

  it('candidates are found by kind, score, rule, run and state', async () => {
    const kept = Math.ceil(PEOPLE / 3);
    expect(await listAll('minScore=90&kind=user')).toHaveLength(kept);
    expect(await listAll('rule=same-email')).toHaveLength(kept);
    expect(await listAll('rule=same-email-other-domain')).toHaveLength(PEOPLE - kept);
    expect(await listAll('kind=team')).toHaveLength(1);
    expect(await listAll('state=merged')).toEqual([]);
    const [run, before] = await sync.world.runs();
    expect((await listAll(`runId=${run!.runId}`)).length + (await listAll(`runId=${before!.runId}`)).length).toBe(
      PEOPLE + 1,
    );
    expect((await sync.call('/v1/duplicates?rule=looks')).status).toBe(400);
  });

  it('merges hundreds at once, each by itself, and says what became of each; sent again it does nothing', async () => {
    const none = '22222222-2222-4222-8222-222222222222';
    const some = candidates.slice(0, 150).map(({ duplicateId }) => duplicateId);
    const first = await merge([...some, none]);
    expect(first).toMatchObject({ status: 200, body: { done: 150, doneBefore: 0, refused: 1 } });
    expect(first.body.items.map(({ duplicateId }: Candidate) => duplicateId)).toEqual([...some, none]);
    expect(first.body.items.at(-1)).toEqual({
      duplicateId: none,
      outcome: 'refused',
      mergeId: null,
      problem: {
        status: 404,
        code: 'not-found',
        title: expect.any(String),
        detail: expect.stringContaining(none),
        remedy: expect.stringContaining('/v1/duplicates'),
      },
    });
    const audited = (await sync.call('/v1/audit-entries?limit=1')).body;
    const again = await merge(some);
    expect(again.body).toMatchObject({ done: 0, doneBefore: 150, refused: 0 });
    expect(again.body.items.map(({ mergeId }: { mergeId: string }) => mergeId)).toEqual(
      first.body.items.slice(0, 150).map(({ mergeId }: { mergeId: string }) => mergeId),
    );
    expect((await sync.call('/v1/audit-entries?limit=1')).body).toEqual(audited);
    expect(await listAll('kind=user&state=merged')).toHaveLength(150);
    const { older, newer } = candidates[0]!;
    expect((await sync.call(`/v1/users/${older.id}`)).body).toMatchObject({ webexUserId: newer.webexId, active: true });
  });

  it('of two requests for the same candidates at once each is merged once', async () => {
    const rest = candidates.slice(150, 190).map(({ duplicateId }) => duplicateId);
    const answers = await Promise.all([merge(rest), merge([...rest].reverse())]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    const [one, two] = answers.map(({ body }) => body);
    expect(one.done + two.done).toBe(40);
    expect(one.doneBefore + two.doneBefore).toBe(40);
    expect(one.refused + two.refused).toBe(0);
  });

  it('dismisses many; a merged one is refused with what to do, and a dismissed one stays so', async () => {
    const [first, second] = candidates.slice(190, 192).map(({ duplicateId }) => duplicateId) as [string, string];
    const merged = candidates[0]!.duplicateId;
    expect((await dismiss([first, merged], { reason: 'Two persons.' })).body).toMatchObject({
      done: 1,
      refused: 1,
      items: [
        { outcome: 'done', mergeId: null, problem: null },
        { outcome: 'refused', problem: { status: 409, remedy: expect.stringContaining('/v1/merges') } },
      ],
    });
    expect((await dismiss([second, first])).body).toMatchObject({ done: 1, doneBefore: 1, refused: 0 });
    expect((await sync.call(`/v1/duplicates/${first}`)).body).toMatchObject({
      state: 'dismissed',
      decisionReason: 'Two persons.',
    });
  });

  it.each<[string, unknown, number]>([
    ['no candidate', [], 400],
    ['one twice', Array(2).fill('22222222-2222-4222-8222-222222222222'), 400],
    ['what is no id', ['x'], 400],
    ['501', Array.from({ length: 501 }, (_, n) => `22222222-2222-4222-8222-${String(n).padStart(12, '0')}`), 400],
  ])('refuses %s', async (_, duplicateIds, status) => {
    for (const path of ['/v1/duplicates/merge', '/v1/duplicates/dismiss']) {
      expect(await sync.call(path, { body: { duplicateIds } })).toMatchObject({
        status,
        body: { remedy: expect.any(String) },
      });
    }
  });

  it('refuses who may not, and does not know another tenant’s', async () => {
    const open = candidates.at(-1)!.duplicateId;
    expect((await merge([open], sync.keys.reader)).status).toBe(403);
    expect((await merge([open], sync.keys.foreign)).body).toMatchObject({ done: 0, refused: 1 });
    expect((await sync.call(`/v1/duplicates/${open}`)).body.state).toBe('open');
  });
});
