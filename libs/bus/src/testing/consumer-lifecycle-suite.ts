import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { faultProxy, waitFor } from '@wxcc-wfo/testkit';
import { createLifecycleKit, type LifecycleKit } from './lifecycle-kit.ts';
import type { LifecycleSubject } from './lifecycle-subject.ts';
import { slowCommits } from './slow-commits.ts';

/**
 * What every consumer of the product passes, over a real broker and database (house style 25): no loss, no stall,
 * bounded duplicates in, none out.
 * @param subjectModule URL of the module whose default export is the LifecycleSubject; child processes load it, too
 */
export function describeConsumerLifecycle(name: string, subjectModule: URL | string): void {
  const subjectUrl = String(subjectModule);
  let subject: LifecycleSubject;
  let kit: LifecycleKit;

  describe(`the consumer lifecycle of ${name}`, () => {
    beforeAll(async () => {
      subject = ((await import(subjectUrl)) as { default: LifecycleSubject }).default;
    });
    beforeEach(async () => {
      kit = await createLifecycleKit(subject, subjectUrl);
    });
    afterEach(async () => {
      await kit?.close();
    });

    it('handles every event once when it is delivered twice', async () => {
      await kit.publish(kit.events(0, 60));
      await kit.publish(kit.events(0, 60));
      const first = await kit.startConsumer();
      await kit.settled();
      await first.stop();
      await kit.withinFaults(0);
      // As if the database had been restored to the moment before: everything comes again.
      await kit.pool.query('UPDATE consumed_offset SET next_offset = 0');
      await kit.startConsumer();
      await kit.settled();
      await kit.effectsOf(60);
      expect(await kit.deadLetters()).toEqual([]);
    });

    it('survives a rebalance in mid-batch', async () => {
      await kit.publish(kit.events(0, 150));
      let committing = 0;
      const slow = slowCommits(kit.newPool(), { delayMs: 250, onCommit: () => committing++ });
      await kit.startConsumer(slow);
      await waitFor('a batch in flight', () => committing > 0);
      const joining = await kit.startConsumer();
      await kit.publish(kit.events(150, 200));
      await waitFor('the second replica to hold partitions', () => joining.health().partitions.length > 0, {
        timeoutMs: 30_000,
      });
      await kit.effectsOf(200);
      await kit.settled();
      expect(await kit.deadLetters()).toEqual([]);
      await kit.withinFaults(1);
    });

    it('lets two replicas hold related keys at once without loss or deadlocked letters', async () => {
      const replicas = [await kit.startConsumer(kit.newPool()), await kit.startConsumer(kit.newPool())];
      await waitFor(
        'both replicas to share the partitions',
        () => replicas.every((c) => c.health().partitions.length > 0),
        {
          timeoutMs: 30_000,
        },
      );
      await Promise.all([kit.publish(kit.events(0, 100)), delay(20).then(() => kit.publish(kit.events(100, 200)))]);
      await kit.effectsOf(200);
      expect(await kit.deadLetters()).toEqual([]);
      await kit.withinFaults(0);
    });

    it('parks a value that Postgres refuses, with its original bytes, and handles the others', async () => {
      if (!subject.refusedEvent) return;
      const refused = subject.refusedEvent(20, kit.tenants[0]!);
      await kit.publish([...kit.events(0, 20), refused, ...kit.events(21, 40)]);
      await kit.startConsumer();
      await kit.effectsOf(40, [20]);
      await kit.settled();
      const letters = await kit.deadLetters();
      expect(letters).toMatchObject([{ code: 'refused-by-database', state: 'parked', tenant_id: kit.tenants[0] }]);
      expect(letters[0]!.value.toString()).toBe(JSON.stringify(refused.payload));
      await kit.withinFaults(0);
    });

    it('parks the poison of one tenant and loses nothing of the others', async () => {
      const poison = Array.from({ length: 30 }, (_, i) => Buffer.from(i % 2 ? `{"tenantId": ${i}}` : `not json ${i}`));
      await kit.publish(kit.events(0, 30));
      await kit.publishRaw(poison.map((value) => ({ tenantId: kit.tenants[1]!, value })));
      await kit.publish(kit.events(30, 60));
      await kit.startConsumer();
      await kit.effectsOf(60);
      await kit.settled();
      const letters = await kit.deadLetters();
      expect(letters).toHaveLength(30);
      expect(new Set(letters.map((l) => l.tenant_id))).toEqual(new Set([kit.tenants[1]]));
      expect(letters.map((l) => l.value.toString()).sort()).toEqual(poison.map(String).sort());
      await kit.withinFaults(0);
    });

    it('waits while its database is away, and parks nothing', async () => {
      const target = new URL(kit.databaseUrl);
      const proxy = await faultProxy({ target: { host: target.hostname, port: Number(target.port) } });
      try {
        const url = new URL(kit.databaseUrl);
        url.host = proxy.address;
        await kit.publish(kit.events(0, 40));
        let committing = 0;
        await kit.startConsumer(slowCommits(kit.newPool(url.href), { delayMs: 100, onCommit: () => committing++ }));
        await waitFor('a batch in flight', () => committing > 0);
        proxy.refuse();
        await kit.publish(kit.events(40, 80));
        await delay(1_000);
        proxy.heal();
        await kit.effectsOf(80);
        expect(await kit.deadLetters()).toEqual([]);
        await kit.withinFaults(1);
      } finally {
        await proxy.close();
      }
    });

    it.each(['SIGTERM', 'SIGKILL'] as const)('loses and repeats nothing when %s comes in mid-batch', async (signal) => {
      await kit.publish(kit.events(0, 120));
      const child = kit.spawnConsumer(400);
      await waitFor('the process to be in mid-batch', () => child.output().includes('"committing"'), {
        timeoutMs: 20_000,
      });
      const ended = await child.kill(signal);
      if (signal === 'SIGTERM') {
        expect(ended).toEqual({ code: 0, signal: null });
        expect(child.output()).toContain('"stopped"');
      }
      await kit.publish(kit.events(120, 150));
      await kit.startConsumer();
      await kit.effectsOf(150);
      await kit.settled();
      expect(await kit.deadLetters()).toEqual([]);
      await kit.withinFaults(0);
    });
  });
}
