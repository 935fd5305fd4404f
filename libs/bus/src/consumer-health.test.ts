import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { type Meter, metrics, type ObservableCallback } from '@opentelemetry/api';
import { createAccessControl, createApp, createLogger } from '@wxcc-wfo/service-kit';
import { waitFor } from '@wxcc-wfo/testkit';
import { type Consumer, type ConsumerOptions, consumerCheck, createConsumer, done } from './index.ts';
import subject from './testing/fixtures/ledger-subject.ts';
import { createLifecycleKit, type LifecycleKit, testLogger } from './testing/index.ts';

const observers = new Map<string, ObservableCallback>();

/** What a scrape would read of an observed metric now, by topic and partition. */
function scrape(name: string): Map<string, number> {
  const read = new Map<string, number>();
  void observers.get(name)?.({
    observe: (value, labels) => read.set(`${labels?.topic}/${labels?.partition}`, value),
  });
  return read;
}

let kit: LifecycleKit;
const consumers: Consumer[] = [];
/** Called at the end: a handler that hangs must let go. */
let release: () => void = () => undefined;

beforeAll(async () => {
  const none = { add: () => undefined, record: () => undefined };
  const meter = {
    createCounter: () => none,
    createHistogram: () => none,
    createGauge: () => none,
    createObservableGauge: (name: string) => ({
      addCallback: (callback: ObservableCallback) => observers.set(name, callback),
    }),
  };
  metrics.setGlobalMeterProvider({ getMeter: () => meter as unknown as Meter });
  kit = await createLifecycleKit(subject, '');
  await kit.publish(kit.events(0, 40));
});
afterEach(async () => {
  release();
  await Promise.all(consumers.splice(0).map((c) => c.stop(5_000)));
  await kit.pool.query('TRUNCATE consumed_offset, delivery_attempt');
});
afterAll(async () => {
  await kit?.close();
  metrics.disable();
});

async function consume(o: Partial<ConsumerOptions> & Pick<ConsumerOptions, 'handlers'>): Promise<Consumer> {
  const { bus, pool, groupId } = kit;
  const consumer = createConsumer({ bus, pool, groupId, logger: testLogger, ...o });
  consumers.push(consumer);
  await consumer.start();
  return consumer;
}

/** Does nothing with an event until the test ends. */
function hanging(): NonNullable<ConsumerOptions['handlers']['token-refreshed']> {
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return async (events) => {
    await released;
    return events.map(() => done);
  };
}

const tokenPartitions = ['token-refreshed/0', 'token-refreshed/1', 'token-refreshed/2'];

describe('OPS-02 a partition that stands still', () => {
  it('is named by the metrics for as long as this replica holds it, and by nobody afterwards', async () => {
    const consumer = await consume({ handlers: { 'token-refreshed': hanging() } });
    await waitFor('its partitions', () => scrape('bus_consumer_lag').size === 3);
    expect([...scrape('bus_consumer_lag').keys()].sort()).toEqual(tokenPartitions);
    const behind = [...scrape('bus_consumer_lag')].filter(([, lag]) => lag > 0).map(([partition]) => partition);
    expect(behind.length).toBeGreaterThan(0);
    await waitFor('time to pass', () => scrape('bus_consumer_behind_seconds').get(behind[0]!)! > 0.2);
    release();
    await consumer.caughtUp();
    await waitFor('no lag', () => [...scrape('bus_consumer_lag').values()].every((lag) => lag === 0));
    expect([...scrape('bus_consumer_behind_seconds').values()]).toEqual([0, 0, 0]);
    await consumer.stop();
    expect(scrape('bus_consumer_lag').size).toBe(0);
    expect(scrape('bus_consumer_behind_seconds').size).toBe(0);
  });

  it.each(['assigned', 'running'] as const)('is named by /ready, which stays ready (needs: %s)', async (needs) => {
    const consumer = await consume({ handlers: { 'token-refreshed': hanging() }, stallMs: 100 });
    const app = await createApp({
      service: 'test',
      version: '0',
      description: 'test',
      logger: createLogger({ name: 'test', level: 'silent' } as never),
      access: createAccessControl({ pool: kit.pool, apiKeys: [] }),
      readiness: [consumerCheck(consumer, needs)],
    });
    await waitFor('the stall', () => consumer.health().stalled.length > 0);
    const answer = await app.inject('/ready');
    expect(answer.statusCode).toBe(200);
    const [check] = answer.json().checks;
    expect(check).toMatchObject({ name: 'consumer', ok: true });
    expect(check.note).toMatch(/^These stand still: token-refreshed\/[012] \(at 0 of [1-9]\d* for \d+ s\)/);
    release();
    await consumer.caughtUp();
    await waitFor('the end of the stall', async () => !(await app.inject('/ready')).json().checks[0].note);
    await consumer.stop();
    expect((await app.inject('/ready')).json()).toMatchObject({
      ok: false,
      checks: [{ name: 'consumer', ok: false, reason: 'The consumer is not running.' }],
    });
    await app.close();
  });

  it('because its handler hangs ends the signs of life, though heartbeats and other partitions go on', async () => {
    let others = 0;
    const consumer = await consume({
      hungMs: 500,
      concurrency: 6,
      handlers: {
        'token-refreshed': hanging(),
        'authorization-lost': async (events) => {
          others += events.length;
          return events.map(() => done);
        },
      },
    });
    await waitFor('the other topic', () => others === 20);
    // Heartbeats go on every 2 s.
    await waitFor('no sign of life', () => Date.now() - consumer.lastTickMs() > 5_000);
    release();
    await consumer.caughtUp();
    expect(Date.now() - consumer.lastTickMs()).toBeLessThan(5_000);
  });
});

describe('OPS-02 a consumer that has not joined its group', () => {
  const unjoined = {
    health: () => ({ running: true, assigned: false, partitions: [], stalled: [], lastTickMs: 0 }),
  };

  it('is not ready where work needs its partitions, and says so where other work goes on', () => {
    expect(consumerCheck(unjoined, 'assigned').check()).toBe('It has not joined its group yet.');
    expect(consumerCheck(unjoined, 'running').check()).toEqual({ note: 'It has not joined its group yet.' });
  });
});
