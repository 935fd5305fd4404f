import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { inTransaction } from '@wxcc-wfo/service-kit';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import { WebexError } from '@wxcc-wfo/webex';
import fc from 'fast-check';
import { findAcd } from '../src/acds/acd-repository.ts';
import { handOverLivingTokens } from '../src/tokens/handover-job.ts';
import { INTENT_MS, refreshOneDueToken } from '../src/tokens/refresh-job.ts';
import { retryWithNewCredentials } from '../src/tokens/retry-tokens.ts';
import { listHistory } from '../src/tokens/token-history-repository.ts';
import { keepToken } from '../src/tokens/token-keeper.ts';
import { type Standing, TOKEN_MACHINE } from '../src/tokens/token-machine-policy.ts';
import { claimDueToken, tokenBinding } from '../src/tokens/token-repository.ts';
import type { Wiring } from '../src/wiring.ts';
import { type OAuthDatabase, oauthDatabase } from './oauth-database.ts';
import { createAcd, deployment, type RunningOAuth, runOAuth } from './running-oauth.ts';
import { type Fate, Killed, ModelProvider, replica, type TestClock, testClock } from './token-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let simulator: Simulator;
let database: OAuthDatabase;
let oauth: RunningOAuth;
let acdId: string;
let clock: TestClock;
let provider: ModelProvider;

beforeAll(async () => {
  simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000 });
  database = await oauthDatabase();
  // Events are asserted as rows: no relay takes them away.
  oauth = await runOAuth(deployment(database, simulator), { jobs: false, relay: false });
});
afterAll(async () => {
  await oauth?.stop();
  await simulator?.close();
  await database?.drop();
});
beforeEach(() => begin());

async function begin(): Promise<void> {
  await database.pool.query('UPDATE acd SET deleted = true');
  await database.pool.query('TRUNCATE outbox');
  ({ acdId } = await createAcd(oauth, simulator));
  clock = testClock();
  provider = new ModelProvider(clock);
  await authorize();
}

/** What the end of a sign-in does. */
async function authorize(): Promise<void> {
  const wiring = { ...oauth.wiring, clock };
  await inTransaction(database.pool, async (tx) => {
    const acd = await findAcd(tx, acdId, true);
    await keepToken(tx, { acd: acd!, granted: provider.issue() }, wiring);
  });
}

/** What a new secret of the client leads to. */
async function newCredentials(): Promise<void> {
  const { retryRules } = oauth.wiring;
  await inTransaction(database.pool, async (tx) => {
    const { clientRef } = (await findAcd(tx, acdId))!;
    await retryWithNewCredentials(tx, { clientRef: clientRef!, nowMs: clock.nowMs() }, retryRules);
  });
}

const newReplica = () => replica(oauth.wiring, { clock, provider });

async function stored() {
  const { rows } = await database.pool.query('SELECT * FROM token WHERE acd_id = $1', [acdId]);
  const row = rows[0]!;
  const binding = tokenBinding(acdId, row.version, 'access');
  return { ...row, accessToken: oauth.wiring.seals.atRest.open(row.sealed_access, binding).toString('utf8') };
}
const authorization = async () => (await findAcd(database.pool, acdId))!.authorization;
async function eventsOf(topic: string): Promise<number> {
  const { rows } = await database.pool.query('SELECT count(*)::int AS n FROM outbox WHERE topic = $1', [topic]);
  return rows[0]!.n;
}

/** A turn of a replica's loop; a death ends it like that of a process. */
async function turn(wiring: Wiring): Promise<boolean> {
  try {
    return await refreshOneDueToken(wiring);
  } catch (error) {
    if (error instanceof Killed) return false;
    throw error;
  }
}

describe('AUTH-03 refresh by exactly one of several replicas', () => {
  it('is done once when two want to at the same moment, and not before it is due', async () => {
    const replicas = [newReplica(), newReplica()];
    expect(await turn(replicas[0]!.wiring)).toBe(false);
    clock.advance(12 * HOUR);
    const done = await Promise.all(replicas.map(({ wiring }) => turn(wiring)));
    expect(done.filter(Boolean)).toHaveLength(1);
    expect(provider.calls).toBe(1);
    expect((await stored()).version).toBe(2);
  });

  it('leaves a call in flight alone, however slow it is within its intent', async () => {
    clock.advance(12 * HOUR);
    const other = newReplica();
    provider.during = async () => {
      clock.advance(INTENT_MS - 1);
      provider.during = async () => {};
      expect(await turn(other.wiring)).toBe(false);
    };
    await turn(newReplica().wiring);
    expect([provider.calls, provider.mostInFlight]).toEqual([1, 1]);
  });
});

describe('rule 10 a crash at each step', () => {
  it.each([false, true])(
    'leaves a usable token and heals after the intent; refresh tokens rotate: %s',
    async (rotates) => {
      let steps = 0;
      for (let diesAt = 0; ; diesAt++) {
        await begin();
        provider.rotates = rotates;
        clock.advance(12 * HOUR);
        const victim = newReplica();
        victim.mortality.stepsLeft = diesAt;
        const callsBefore = provider.calls;
        await turn(victim.wiring);
        const survived = victim.mortality.stepsLeft! > 0;
        const before = await stored();
        expect(provider.accepts(before.accessToken)).toBe(true);
        if (survived) break;
        steps += 1;
        // Nobody else calls while the dead one's call could still be in flight.
        const heir = newReplica();
        const called = provider.calls > callsBefore;
        if (before.intent_id !== null) expect(await turn(heir.wiring)).toBe(false);
        clock.advance(INTENT_MS);
        await turn(heir.wiring);
        const after = await stored();
        expect(provider.accepts(after.accessToken)).toBe(true);
        expect(after.version).toBeGreaterThanOrEqual(before.version);
        // The window: a rotated token whose answer died with the process. The access token works on meanwhile.
        if (!(rotates && called) || before.version === 2) expect(after.version).toBe(2);
        expect(provider.mostInFlight).toBe(1);
      }
      expect(steps).toBeGreaterThan(8);
    },
  );
});

describe('rule 10 the previous refresh token', () => {
  it('is kept until the new one has worked, and used when the new one is refused', async () => {
    provider.rotates = true;
    clock.advance(12 * HOUR);
    const { wiring } = newReplica();
    await turn(wiring);
    expect((await stored()).sealed_previous_refresh).not.toBeNull();
    // The provider forgets the token that it gave last and takes the one before again.
    const spare = oauth.wiring.seals.atRest
      .open((await stored()).sealed_previous_refresh, tokenBinding(acdId, 2, 'previous-refresh'))
      .toString('utf8');
    provider.issue(spare);
    clock.advance(12 * HOUR);
    provider.plan.push('refused', 'refused');
    await turn(wiring);
    clock.advance(15 * MINUTE);
    await turn(wiring);
    expect((await stored()).version).toBe(3);
    expect(await authorization()).toBe('authorized');
  });
});

describe('AUTH-04 an authorization that is lost', () => {
  const refuseTwice = async (wiring: Wiring) => {
    provider.plan.push('refused');
    await turn(wiring);
    expect(await authorization()).toBe('authorized');
    clock.advance(15 * MINUTE);
    provider.plan.push('refused');
    await turn(wiring);
  };

  it('is believed the second time, told once, and healed by a slow probe', async () => {
    const { wiring } = newReplica();
    clock.advance(12 * HOUR);
    await refuseTwice(wiring);
    expect(await authorization()).toBe('reauthorization-required');
    expect(await eventsOf('authorization-lost')).toBe(1);
    // The access token still lives, and is still usable.
    expect(provider.accepts((await stored()).accessToken)).toBe(true);
    expect(await turn(wiring)).toBe(false);
    clock.advance(6 * HOUR);
    provider.plan.push('refused');
    expect(await turn(wiring)).toBe(true);
    expect(await eventsOf('authorization-lost')).toBe(1);
    clock.advance(6 * HOUR);
    await turn(wiring);
    expect(await authorization()).toBe('authorized');
    expect(await eventsOf('acd-changed')).toBe(4);
  });

  it('is lost when the refresh token ends, without asking, and never asked for again', async () => {
    const { wiring } = newReplica();
    clock.advance(90 * DAY);
    await turn(wiring);
    expect([provider.calls, await authorization()]).toEqual([0, 'reauthorization-required']);
    clock.advance(90 * DAY);
    expect(await turn(wiring)).toBe(false);
    await authorize();
    expect(await authorization()).toBe('authorized');
  });

  it('works on through weeks without an answer', async () => {
    const { wiring } = newReplica();
    clock.advance(12 * HOUR);
    for (let failures = 0; failures < 12; failures++) {
      provider.plan.push(failures % 2 ? 'unavailable' : 'answer-lost');
      await turn(wiring);
      clock.advance(15 * MINUTE);
    }
    expect([await authorization(), provider.calls]).toEqual(['authorized', 12]);
    await turn(wiring);
    expect((await stored()).version).toBe(2);
  });

  it('marks no ACD when a client that several share is refused', async () => {
    await createAcd(oauth, simulator, { webexOrgId: '00000000-0000-4000-8000-000000000003' }).then(async (other) => {
      await database.pool.query(
        `INSERT INTO token SELECT $1, tenant_id, version, sealed_access, sealed_refresh, NULL, issued_at_ms,
           access_expires_at_ms, refresh_expires_at_ms, NULL FROM token WHERE acd_id = $2`,
        [other.acdId, acdId],
      );
    });
    const { wiring } = newReplica();
    const refused = async () => {
      throw new WebexError('refused', 'Refused', { statusCode: 401 });
    };
    const unlucky = { ...wiring, provider: { ...wiring.provider, refresh: refused } };
    clock.advance(12 * HOUR);
    for (let tries = 0; tries < 5; tries++) {
      expect(await turn(unlucky)).toBe(true);
      clock.advance(15 * MINUTE);
    }
    expect(await authorization()).toBe('authorized');
    await turn(wiring);
    expect((await stored()).version).toBe(2);
  });
});

describe('AUTH-02 a new authorization while a refresh is in flight', () => {
  it.each(['granted', 'refused'] as const)('wins over the older answer (%s)', async (answer) => {
    clock.advance(12 * HOUR);
    if (answer === 'refused') provider.plan.push('refused');
    provider.during = authorize;
    await turn(newReplica().wiring);
    const { version, failures, intent_id } = await stored();
    expect({ version, failures, intent_id }).toEqual({ version: 2, failures: 0, intent_id: null });
    expect(await authorization()).toBe('authorized');
  });
});

describe('ACD-01 a new secret of the client while a refresh is in flight', () => {
  it.each([400, 401])(
    'the refusal of the old one (HTTP %i) counts nothing; the new one is tried at once',
    async (statusCode) => {
      clock.advance(12 * HOUR);
      const { wiring } = newReplica();
      const refresh = async () => {
        await database.pool.query(
          'UPDATE oauth_client SET revision = revision + 1 WHERE client_ref = (SELECT client_ref FROM acd WHERE acd_id = $1)',
          [acdId],
        );
        await newCredentials();
        throw new WebexError('refused', 'Refused', { statusCode });
      };
      await turn({ ...wiring, provider: { ...wiring.provider, refresh } });
      expect(await stored()).toMatchObject({ version: 1, standing: 'retrying', first_refused_at_ms: null });
      expect(await turn(wiring)).toBe(true);
      expect(await stored()).toMatchObject({ version: 2, standing: 'fresh' });
    },
  );
});

describe('an answer while the database is away', () => {
  it('is written down when it is back, even after its intent has ended', async () => {
    provider.rotates = true;
    clock.advance(12 * HOUR);
    const { wiring } = newReplica();
    let outages = 3;
    const pool = new Proxy(wiring.pool, {
      get(target, name) {
        if (name === 'connect' && provider.calls > 0 && outages > 0) {
          return async () => {
            outages -= 1;
            clock.advance(INTENT_MS);
            throw Object.assign(new Error('Connection terminated unexpectedly'), { code: 'ECONNRESET' });
          };
        }
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await turn({ ...wiring, pool });
    expect(outages).toBe(0);
    expect((await stored()).version).toBe(2);
  });
});

describe('tokens (architecture, invariants)', () => {
  const wait = fc.constantFrom(MINUTE, INTENT_MS, 15 * MINUTE, 6 * HOUR, 12 * HOUR, 5 * DAY);
  const event = fc.oneof(
    fc.record({ do: fc.constant('turn' as const), who: fc.nat(1) }),
    fc.record({ do: fc.constant('both' as const), afterMs: fc.constantFrom(0, 12 * HOUR) }),
    fc.record({ do: fc.constant('kill' as const), who: fc.nat(1), afterSteps: fc.nat(14) }),
    fc.record({ do: fc.constant('wait' as const), ms: wait }),
    fc.record({
      do: fc.constant('fates' as const),
      fates: fc.array(fc.constantFrom<Fate>('answer-lost', 'unavailable', 'throttled', 'refused'), { maxLength: 3 }),
    }),
    fc.record({ do: fc.constant('report' as const), who: fc.nat(1) }),
    fc.record({ do: fc.constant('credentials' as const) }),
    fc.record({ do: fc.constant('authorize' as const) }),
  );

  it('never two refreshes in flight, versions only grow, a valid token is always usable (model)', async () => {
    const { redis } = oauth.wiring;
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 5, maxLength: 16 }), async (events) => {
        await begin();
        // A call takes its time, so that two at once would be seen.
        provider.during = () => delay(5);
        const replicas = [newReplica(), newReplica()];
        let version = 1;
        for (const one of events) {
          if (one.do === 'turn') await turn(replicas[one.who]!.wiring);
          if (one.do === 'both') clock.advance(one.afterMs);
          if (one.do === 'both') await Promise.all(replicas.map(({ wiring }) => turn(wiring)));
          if (one.do === 'wait') clock.advance(one.ms);
          if (one.do === 'fates') provider.plan.push(...one.fates);
          if (one.do === 'authorize') await authorize();
          if (one.do === 'report') {
            await redis.hset(`wfo:token:${acdId}`, { refused: version });
            await handOverLivingTokens(replicas[one.who]!.wiring);
          }
          if (one.do === 'credentials') await newCredentials();
          if (one.do === 'kill') {
            replicas[one.who]!.mortality.stepsLeft = one.afterSteps;
            await turn(replicas[one.who]!.wiring);
            replicas[one.who] = newReplica();
          }
          const now = await stored();
          expect(now.version).toBeGreaterThanOrEqual(version);
          version = now.version;
          expect(provider.mostInFlight).toBeLessThanOrEqual(1);
          // The latest that Webex gave and we stored is usable as long as it lives, whatever failed since.
          expect(provider.accepts(now.accessToken)).toBe(now.access_expires_at_ms > clock.nowMs());
          const isLost = now.standing === 'lost' || now.standing === 'ended';
          expect(await authorization()).toBe(isLost ? 'reauthorization-required' : 'authorized');
          expect(now.next_refresh_at_ms === null).toBe(now.standing === 'ended');
        }
        await redis.del(`wfo:token:${acdId}`);
      }),
      { numRuns: 20 },
    );
  });
});

describe('the machine’s table and the statement that claims', () => {
  const standings: [Standing, boolean, 'time-due' | 'intent-ended' | null][] = [
    ['fresh', false, null],
    ['fresh', true, null],
    ['fresh', true, 'time-due'],
    ['retrying', true, 'time-due'],
    ['doubted', true, 'time-due'],
    ['lost', true, 'time-due'],
    ['ended', true, 'time-due'],
    ['fresh', true, 'intent-ended'],
    ['lost', true, 'intent-ended'],
  ];

  it.each(standings)(
    '%s, due %s, %s: a replica claims it just when the table says so',
    async (standing, due, happens) => {
      const hasIntent = happens !== 'time-due' && due;
      const nowMs = clock.nowMs();
      await database.pool.query(
        `UPDATE token SET standing = $2, next_refresh_at_ms = $3, intent_id = $4, intent_until_ms = $5 WHERE acd_id = $1`,
        [
          acdId,
          standing,
          standing === 'ended' ? null : due ? nowMs : nowMs + 1,
          hasIntent ? randomUUID() : null,
          hasIntent ? (happens === 'intent-ended' ? nowMs : nowMs + 1) : null,
        ],
      );
      const state = hasIntent ? 'refreshing' : standing;
      const cell = happens && TOKEN_MACHINE[state][happens];
      const claimed = await claimDueToken(database.pool, { intentId: randomUUID(), nowMs, untilMs: nowMs + INTENT_MS });
      expect(claimed !== undefined).toBe(cell === 'claim');
      // What a replica left behind is told.
      const kinds = (await listHistory(database.pool, acdId)).map(({ kind }) => kind);
      expect(kinds.includes('abandoned')).toBe(happens === 'intent-ended');
    },
  );
});
