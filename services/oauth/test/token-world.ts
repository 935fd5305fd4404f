import { randomUUID } from 'node:crypto';
import { type TokenSet, WebexError } from '@wxcc-wfo/webex';
import type { Pool, PoolClient } from 'pg';
import type { Wiring } from '../src/wiring.ts';

/** A clock that a test moves. */
export interface TestClock {
  nowMs(): number;
  random(): number;
  synchronize(): Promise<void>;
  advance(ms: number): void;
}

export function testClock(startMs = Date.now()): TestClock {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    random: () => 0,
    synchronize: async () => {},
    advance(ms) {
      nowMs += ms;
    },
  };
}

export class Killed extends Error {}

/** A process that dies before one of its steps: from then on nothing of it reaches the database or the provider. */
export class Mortality {
  stepsLeft: number | null = null;

  beforeStep(): void {
    if (this.stepsLeft === null) return;
    if (this.stepsLeft === 0) throw new Killed('This replica was killed.');
    this.stepsLeft -= 1;
  }
}

export function mortal<T extends Pool | PoolClient>(real: T, mortality: Mortality): T {
  return new Proxy(real, {
    get(target, name) {
      if (name === 'query') {
        return async (...args: unknown[]) => {
          // The rollback is what the server does for a dead connection.
          if (args[0] !== 'ROLLBACK') mortality.beforeStep();
          return await (target.query as (...all: unknown[]) => Promise<unknown>)(...args);
        };
      }
      if (name === 'connect') return async () => mortal(await (target as Pool).connect(), mortality);
      const value = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** What may happen to a call. `answer-lost`: it worked, and nobody hears of it. */
export type Fate = 'answer-lost' | 'unavailable' | 'throttled' | 'refused';

/** The provider as the model knows it: refresh tokens may rotate, answers may get lost. */
export class ModelProvider {
  readonly clock: TestClock;
  rotates = false;
  /** What happens to the next calls; none: it works. */
  readonly plan: Fate[] = [];
  calls = 0;
  inFlight = 0;
  mostInFlight = 0;
  private readonly alive = new Set<string>();
  private readonly accessUntilMs = new Map<string, number>();
  /** Runs while a call is in flight. */
  during: () => Promise<void> = async () => {};

  constructor(clock: TestClock) {
    this.clock = clock;
  }

  issue(keep?: string): TokenSet {
    const nowMs = this.clock.nowMs();
    const refreshToken = keep ?? `refresh-${randomUUID()}`;
    const accessToken = `access-${randomUUID()}`;
    this.alive.add(refreshToken);
    this.accessUntilMs.set(accessToken, nowMs + 14 * 86_400_000);
    return {
      accessToken,
      refreshToken,
      accessTokenExpiresAtMs: nowMs + 14 * 86_400_000,
      refreshTokenExpiresAtMs: nowMs + 90 * 86_400_000,
      orgId: null,
    };
  }

  accepts(accessToken: string): boolean {
    return (this.accessUntilMs.get(accessToken) ?? 0) > this.clock.nowMs();
  }

  /** For one replica: a dead one sends nothing and hears nothing. */
  for(mortality: Mortality): Pick<Wiring['provider'], 'refresh'> {
    return {
      refresh: async (_client, refreshToken) => {
        mortality.beforeStep();
        this.calls += 1;
        this.inFlight += 1;
        this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
        try {
          await this.during();
          const fate = this.plan.shift();
          if (fate === 'unavailable') throw new WebexError('unavailable', 'No answer');
          if (fate === 'throttled') {
            throw new WebexError('rate-limited', 'Slow down', { statusCode: 429, retryAfterMs: 7_000 });
          }
          if (fate === 'refused' || !this.alive.has(refreshToken)) {
            throw new WebexError('refused', 'Refused', { statusCode: 400 });
          }
          if (this.rotates) this.alive.delete(refreshToken);
          const granted = this.issue(this.rotates ? undefined : refreshToken);
          if (fate === 'answer-lost') throw new WebexError('timeout', 'No answer');
          mortality.beforeStep();
          return granted;
        } finally {
          this.inFlight -= 1;
        }
      },
    };
  }
}

/** A replica: the real wiring, with the model's clock and provider, over a database connection that can die. */
export function replica(
  base: Wiring,
  o: { clock: TestClock; provider: ModelProvider },
): { wiring: Wiring; mortality: Mortality } {
  const mortality = new Mortality();
  const provider = { ...base.provider, ...o.provider.for(mortality) };
  return { mortality, wiring: { ...base, clock: o.clock, provider, pool: mortal(base.pool, mortality) } };
}
