import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { beginDay, type Day } from '../support/day.ts';

/** So short that tokens end all the time; later ones live for an hour. */
const SHORT_SECONDS = 8;
const LONG_SECONDS = 3_600;
const AGENTS = 12;
/** Enough for a second page of users. */
const NEWCOMERS = 110;
const GONE = 30;

const oneTo = (last: number): number[] => Array.from({ length: last }, (_, n) => n + 1);
const byId = (ids: readonly unknown[]): string[] => ids.map(String).sort();

describe('a day of a tenant, two replicas of every service', () => {
  let day: Day;
  beforeAll(async () => {
    day = await beginDay({ accessTokenSeconds: SHORT_SECONDS });
  }, 180_000);
  afterAll(async () => {
    process.stderr.write(`${day?.notes.map((note) => `  ${note}`).join('\n')}\n`);
    await day?.end();
  }, 60_000);

  const part = (name: string, play: () => Promise<void>) => () => day.part(name, play)();
  const isGreen = () => day.until('the connection to be green', async () => (await day.health()).health === 'green');
  const captured = (taskId: string) =>
    day.until(`the end of task ${taskId} to be told`, () => day.endings(taskId).length > 0);
  const expectToldOnce = (taskId: string) => {
    const revisions = day.endings(taskId);
    expect([taskId, revisions]).toEqual([taskId, oneTo(revisions.length)]);
  };
  const refusalToSync = async () => {
    const path = `/v1/acds/${day.bridge.acdId}/sync-runs`;
    return (await day.operator.ask('sync', path, { method: 'POST', body: {} })).status;
  };
  const sync = () => day.operator.sync(day.bridge.acdId);
  const activeUsers = async () => (await day.allUsers()).filter(({ active }) => active).length;

  it(
    'AUTH-02, SYNC-01, SYNC-02: the ACD was authorized by signing in; the first run brings everybody, each told once',
    part('first run', async () => {
      const { bridge, operator, webex, until, eventsOf } = day;
      const first = await until('the first run', async () => {
        const { items } = await operator.get('sync', `/v1/acds/${bridge.acdId}/sync-runs`);
        return items.find((run: { state: string }) => run.state === 'done');
      });
      const [users, teams, queues] = await Promise.all([webex.users(), webex.teams(), webex.queues()]);
      expect(users).toHaveLength(AGENTS + 1);
      expect(first).toMatchObject({ trigger: 'interval', requestedBy: null, problem: null });
      const nothing = { changed: 0, deactivated: 0, unchanged: 0, refused: 0 };
      for (const [kind, { length }] of Object.entries({ user: users, team: teams, queue: queues })) {
        expect([kind, first.counts[kind]]).toMatchObject([kind, { seen: length, added: length, ...nothing }]);
      }
      // While tokens live for seconds, a stalled machine may refresh one too late: such a run fails and says so.
      const second = await until('a second run', async () => {
        const run = await sync();
        return run.state === 'done' && run;
      });
      expect(second).toMatchObject({ trigger: 'demand', plannedChanges: 0 });
      await day.untilPublished();
      const told = eventsOf('userChanged');
      expect(byId(told.map(({ acdUserId }) => acdUserId))).toEqual(byId(users.map(({ id }) => id)));
      expect(told.filter(({ revision }) => revision !== 1)).toEqual([]);
      const toldTeams = eventsOf('teamChanged').filter(({ source }) => source === 'acd');
      expect(byId(toldTeams.map(({ acdTeamId }) => acdTeamId))).toEqual(byId(teams.map(({ id }) => id)));
      const toldQueues = eventsOf('queueChanged').map(({ acdQueueId }) => acdQueueId);
      expect(byId(toldQueues)).toEqual(byId(queues.map(({ id }) => id)));
      await isGreen();
    }),
  );

  it(
    'AUTH-03: access tokens end and are refreshed by one replica each time; one that is refused is refreshed early',
    part('refreshes', async () => {
      const { webex, until, eventsOf, tokenVersions } = day;
      await until('two refreshes in time', () => tokenVersions().length >= 3);
      await webex.oauth({ accessTokenSeconds: LONG_SECONDS });
      await until('a token that lives for an hour', () =>
        eventsOf('tokenRefreshed').some((one) => one.accessTokenExpiresAtMs - one.occurredAtMs > 1_800_000),
      );
      const versions = tokenVersions();
      expect(versions).toEqual(oneTo(versions.length));
      // The first came with the sign-in.
      expect(await webex.refreshCount()).toBe(versions.length - 1);

      await webex.expireAccessTokens();
      const taskId = await day.play();
      await until('the refused token to be refreshed', () => tokenVersions().length > versions.length);
      await captured(taskId);
      expect(tokenVersions()).toEqual(oneTo(versions.length + 1));
      expect(await webex.refreshCount()).toBe(versions.length);
      expectToldOnce(taskId);
    }),
  );

  it(
    'AUTH-04: refused for good, that ACD alone stops, and says why; accepted again, it heals by itself and misses nothing',
    part('loss', async () => {
      const { webex, until, eventsOf, other, otherAcdId } = day;
      const { id: fault } = await webex.fault({ kind: 'refresh-refused' });
      await webex.expireAccessTokens();
      await until('the loss to be told', () => eventsOf('authorizationLost').length > 0);
      const loss = { code: 'refresh-token-refused', remedy: expect.stringContaining('authoriz') };
      expect(eventsOf('authorizationLost')).toMatchObject([loss]);
      for (const _ of day.replicasOf('oauth')) {
        expect(await day.health()).toMatchObject({
          health: 'red',
          since: expect.any(String),
          reason: expect.stringContaining('refuses'),
          remedy: expect.stringContaining('sign in'),
          authorization: { state: 'reauthorization-required', upkeep: 'lost' },
        });
      }
      await until('sync to stop', async () => (await refusalToSync()) === 409);
      const missed = [await day.play(), await day.play()];
      await day.otherTaskPasses();
      expect(missed.flatMap(day.endings)).toEqual([]);
      expect(await other.get('oauth', `/v1/acds/${otherAcdId}/health`)).toMatchObject({ health: 'green' });
      expect(await other.sync(otherAcdId)).toMatchObject({ state: 'done' });
      const refusals = async () => (await webex.faults()).find(({ id }) => id === fault)!.struck;
      // Refused twice before it was believed; the others are probes.
      await until('two probes', async () => (await refusals()) >= 4);

      await webex.call('DELETE', `/control/faults/${fault}`);
      await isGreen();
      for (const taskId of missed) await captured(taskId);
      await day.otherTaskPasses();
      for (const taskId of missed) expectToldOnce(taskId);
      expect(eventsOf('authorizationLost')).toHaveLength(1);
      expect(eventsOf('authorizationLost', otherAcdId)).toEqual([]);
    }),
  );

  it(
    'SYNC-02, SYNC-03, SYNC-04: what WFO decides is kept; who is deleted is deactivated and comes back as the same user',
    part('WFO side', async () => {
      const { bridge, operator, webex, userOf } = day;
      const [renamed, leaver] = (await webex.users()).filter((user) => user.contactCenterEnabled);
      const before = { renamed: await userOf(renamed!.id), leaver: await userOf(leaver!.id) };
      const team = await operator.post('sync', '/v1/teams', { acdId: bridge.acdId, name: 'Night shift' });
      const role = await operator.post('sync', '/v1/roles', { name: 'Listener', permissions: ['view-own-contacts'] });
      const wfoSide = { windowsLogin: 'CONTOSO\\night', teamId: team.teamId, roleIds: [role.roleId] };
      const edited = await operator.change('PATCH', 'sync', `/v1/users/${before.renamed.userId}`, wfoSide);
      expect(edited.warnings).toMatchObject([{ field: 'roleIds', reason: expect.stringContaining('SYNC-03') }]);
      const ofLeaver = { userId: before.leaver.userId, windowsLogin: 'CONTOSO\\leaver' };
      const { windowsLogin } = ofLeaver;
      await operator.change('PATCH', 'sync', `/v1/users/${ofLeaver.userId}`, { windowsLogin });

      await webex.renameUser(renamed!.id, { lastName: 'Married' });
      await webex.deleteUser(leaver!.id);
      const inactive = await webex.addUser({ firstName: 'Not', lastName: 'Active', active: false });
      const counts = { seen: AGENTS + 1, added: 0, changed: 1, deactivated: 1, notImported: 1 };
      expect(await sync()).toMatchObject({ state: 'done', counts: { user: counts } });
      const kept = await userOf(renamed!.id);
      expect(kept).toMatchObject({
        userId: before.renamed.userId,
        lastName: 'Married',
        windowsLogin: 'CONTOSO\\night',
        team: { teamId: team.teamId },
        active: true,
      });
      expect(kept.roles.map((one: { name: string }) => one.name).sort()).toEqual(['Agent', 'Listener']);
      expect(await userOf(leaver!.id)).toMatchObject({ ...ofLeaver, active: false, acdState: 'deleted' });
      expect((await operator.ask('sync', `/v1/users/by-acd-id/${inactive.id}`)).status).toBe(404);

      await webex.restoreUser(leaver!.id);
      expect(await sync()).toMatchObject({ state: 'done', counts: { user: { changed: 1 } } });
      expect(await userOf(leaver!.id)).toMatchObject({ ...ofLeaver, active: true, acdState: 'active' });
      expect(await sync()).toMatchObject({ state: 'done', plannedChanges: 0 });
      await day.untilPublished();
    }),
  );

  it(
    'SYNC-07: people whom a directory sync moved are probable duplicates; merged by hand, no run doubles anybody',
    part('duplicates', async () => {
      const { bridge, operator, webex, userOf } = day;
      const open = async () =>
        (await operator.get('sync', `/v1/duplicates?acdId=${bridge.acdId}&kind=user`)).items as {
          duplicateId: string;
          older: { id: string };
        }[];
      const moved = (await webex.users()).filter((user) => user.contactCenterEnabled && user.active).slice(2, 4);
      const [merged, left] = await Promise.all(moved.map((user) => userOf(user.id)));
      const { pairs } = await webex.switchDirectory({ userIds: moved.map(({ id }) => id) });
      expect(await sync()).toMatchObject({ state: 'done', counts: { user: { added: 2, deactivated: 2 } } });
      const duplicates = await open();
      expect(duplicates).toHaveLength(2);
      for (const { before, after } of pairs) {
        expect(duplicates).toContainEqual(
          expect.objectContaining({
            older: expect.objectContaining({ webexId: before.id, acdState: 'deleted' }),
            newer: expect.objectContaining({ webexId: after.id, acdState: 'active' }),
            evidence: expect.arrayContaining([expect.objectContaining({ rule: 'same-email' })]),
          }),
        );
      }
      const { duplicateId } = duplicates.find(({ older }) => older.id === merged.userId)!;
      await operator.post('sync', `/v1/duplicates/${duplicateId}/merge`);
      const everybody = (await day.allUsers()).length;
      expect(await sync()).toMatchObject({ state: 'done', counts: { user: { added: 0 } } });
      expect(await day.allUsers()).toHaveLength(everybody);
      for (const { id } of [pairs[0]!.before, pairs[0]!.after]) {
        expect(await userOf(id)).toMatchObject({ userId: merged.userId, active: true, mergedIntoUserId: null });
      }
      expect((await open()).map(({ older }) => older.id)).toEqual([left.userId]);
      await day.untilPublished();
    }),
  );

  it(
    'SYNC-06: half a listing deactivates nobody; too many deletions wait until somebody rejects or approves',
    part('brake', async () => {
      const { operator, webex, eventsOf } = day;
      const everybodyBefore = (await day.allUsers()).length;
      await webex.generate({ users: NEWCOMERS });
      expect(await sync()).toMatchObject({ state: 'done', counts: { user: { added: NEWCOMERS } } });
      await day.untilPublished();
      const toldBefore = eventsOf('userChanged').length;
      const activeBefore = await activeUsers();

      const missing = await webex.fault({ kind: 'directory-missing-pages', resource: 'user' });
      expect(await sync()).toMatchObject({
        counts: { user: { deactivated: 0 } },
        listings: { user: { state: 'partial', problem: { remedy: expect.any(String) } }, team: { state: 'complete' } },
      });
      await webex.call('DELETE', `/control/faults/${missing.id}`);

      // It says of itself to be all: only the brake can tell.
      const half = await webex.fault({ kind: 'directory-half', resource: 'user' });
      const held = await sync();
      expect(held).toMatchObject({
        state: 'awaiting-approval',
        appliedChanges: 0,
        brake: { activeUsers: activeBefore, limit: 0.2, isHeld: true },
        problem: { code: 'brake', remedy: expect.any(String) },
      });
      await webex.call('DELETE', `/control/faults/${half.id}`);
      await operator.post('sync', `/v1/sync-runs/${held.runId}/reject`, { reason: 'half of the people are missing' });
      expect(await operator.settled(held.runId)).toMatchObject({ state: 'rejected', appliedChanges: 0 });
      expect(await sync()).toMatchObject({ state: 'done', plannedChanges: 0 });
      expect(await activeUsers()).toBe(activeBefore);
      expect(eventsOf('userChanged')).toHaveLength(toldBefore);

      const gone = (await webex.list('users', 20, 20 + GONE)).records;
      for (const { id } of gone) await webex.deleteUser(id);
      const waiting = await sync();
      expect(waiting).toMatchObject({ state: 'awaiting-approval', brake: { deactivations: GONE, isHeld: true } });
      const { items } = await operator.get('sync', `/v1/sync-runs/${waiting.runId}/changes?change=deactivate`);
      expect(byId(items.map((change: { webexId: string }) => change.webexId))).toEqual(byId(gone.map(({ id }) => id)));
      await operator.post('sync', `/v1/sync-runs/${waiting.runId}/approve`, { reason: 'the site was closed' });
      expect(await operator.settled(waiting.runId)).toMatchObject({ state: 'done', appliedChanges: GONE });
      expect(await day.allUsers()).toHaveLength(everybodyBefore + NEWCOMERS);
      expect(await activeUsers()).toBe(activeBefore - GONE);
      await day.untilPublished();
    }),
  );

  it(
    'SYNC-01, AUTH-03: a replica is killed (-9) in the middle of a run, and of a refresh: both end as if nothing had been',
    part('kills', async () => {
      const { bridge, operator, webex, until, tokenVersions, userOf } = day;
      const somebody = (await webex.list('users', 20, 21)).records[0]!;
      await webex.renameUser(somebody.id, { lastName: 'Married' });
      const { userId, revision } = await userOf(somebody.id);
      const hanging = await webex.fault({ kind: 'slow', routes: ['config'], delayMs: 120_000, count: 1 });
      const asked = await operator.post('sync', `/v1/acds/${bridge.acdId}/sync-runs`);
      // Which replica runs it is nobody's business but a test's.
      const pid = await until('a replica to hang in the middle of the run', async () => {
        if ((await webex.faults()).find(({ id }) => id === hanging.id)?.struck !== 1) return undefined;
        const { rows } = await bridge.sql(`SELECT owner FROM sync.sync_lease WHERE acd_id = '${bridge.acdId}'`);
        return Number(rows[0]?.owner?.split(':')[1]);
      });
      const running = day.replicasOf('sync').find((one) => one.pid() === pid)!;
      expect(await running.stop('SIGKILL')).toBe('SIGKILL');

      const [first, second] = day.replicasOf('oauth');
      const version = Math.max(...tokenVersions());
      // Deployed anew, so that the refresh is the other one's; then both run again.
      expect(await first!.stop('SIGTERM', 20_000)).toBe(0);
      expect(await operator.settled(asked.runId)).toMatchObject({ state: 'done', counts: { user: { changed: 1 } } });
      await webex.fault({ kind: 'answer-held', count: 1 });
      await webex.expireAccessTokens();
      const granted = (await webex.refreshCount()) + 1;
      await until('a refresh whose answer is held back', async () => (await webex.refreshCount()) === granted);
      await first!.restart();
      expect(await second!.stop('SIGKILL')).toBe('SIGKILL');
      await webex.clearFaults();
      const taskId = await day.play();
      expect(await day.health()).toMatchObject({ authorization: { version, upkeep: 'refreshing' } });
      // The intent of the dead lasts 90 s, longer than anything that may happen under it: as if they had passed.
      await bridge.sql(`UPDATE oauth.token SET intent_until_ms = 0 WHERE acd_id = '${bridge.acdId}'`);

      // A relay of the dead is taken over after 10 s.
      await until('the refresh to be told', () => tokenVersions().length > version);
      expect(tokenVersions()).toEqual(oneTo(version + 1));
      await captured(taskId);
      expectToldOnce(taskId);
      expect(await userOf(somebody.id)).toMatchObject({ userId, revision: revision + 1, lastName: 'Married' });
      await day.untilPublished();
      const versions = day.eventsOf('userChanged').filter((user) => user.userId === userId);
      expect(versions.map((user) => user.revision)).toEqual(oneTo(revision + 1));
      expect(await sync()).toMatchObject({ state: 'done', plannedChanges: 0 });
      await isGreen();
    }),
  );

  it(
    'AUTH-06: the token is back in an emptied Redis within 10 s',
    part('emptied Redis', async () => {
      const key = `wfo:token:${day.bridge.acdId}`;
      expect(await day.redis.exists(key)).toBe(1);
      await day.redis.del(key);
      const emptiedAt = performance.now();
      await day.until('the token to be back in Redis', async () => (await day.redis.exists(key)) === 1);
      // services/oauth asserts the 10 s where nothing else runs; here a stalled machine would fail it for no reason.
      day.notes.push(`the token was back in Redis after ${Math.round(performance.now() - emptiedAt)} ms (of 10 s)`);
      expect(Number(await day.redis.hget(key, 'version'))).toBe(Math.max(...day.tokenVersions()));
    }),
  );

  it(
    'ACD-01: a deleted ACD’s work stops everywhere; the other organization’s goes on',
    part('deletion', async () => {
      const { bridge, operator, webex, until, other, otherAcdId, redis } = day;
      const { acdId } = bridge;
      const subscriptions = async () =>
        (await webex.call<{ subscriptions: unknown[] }>('GET', '/control/webhooks')).subscriptions.length;
      await until('webhooks to be subscribed', async () => (await subscriptions()) === 2);
      const { remains } = await operator.change('DELETE', 'oauth', `/v1/acds/${acdId}`);
      expect(remains.map((one: { what: string }) => one.what)).toContain('contacts-and-recordings');
      await until('capture and media-import to take theirs back', async () => (await subscriptions()) === 0);
      await until('sync to know of it', async () => (await refusalToSync()) === 404);
      await until('the token to go from Redis', async () => (await redis.exists(`wfo:token:${acdId}`)) === 0);
      expect((await operator.ask('oauth', `/v1/acds/${acdId}/health`)).status).toBe(404);
      const asked = async () => (await webex.requests()).minutes.reduce((sum, minute) => sum + minute.asked, 0);
      const askedBefore = await asked();
      const taskId = await day.play();
      await day.otherTaskPasses();
      await day.otherTaskPasses();
      expect(day.endings(taskId)).toEqual([]);
      expect(await asked()).toBe(askedBefore);
      expect(await other.get('oauth', `/v1/acds/${otherAcdId}/health`)).toMatchObject({ health: 'green' });
    }),
  );

  it('nothing was put aside, and no process ended unasked', async () => {
    for (const service of ['oauth', 'capture', 'media_import', 'segmenter', 'sync']) {
      const { rows } = await day.bridge.sql(`SELECT topic, code, reason FROM ${service}.dead_letter`);
      expect([service, rows]).toEqual([service, []]);
    }
    expect(day.bridge.stack.services.map((one) => one.crashed()).filter(Boolean)).toEqual([]);
  });
});
