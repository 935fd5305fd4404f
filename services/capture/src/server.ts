import { TOPICS } from '@wxcc-wfo/contracts';
import { onceReachable, runService } from '@wxcc-wfo/service-kit';
import { buildApp } from './app.ts';
import { captureConfig } from './config.ts';
import { createWiring } from './wiring.ts';

await runService({
  name: 'capture',
  config: captureConfig,
  async start({ config, logger, lifecycle, fail }) {
    const wiring = createWiring(config, { logger, onFatal: fail });
    const { pool, redis, quota, relay, consumer, reports, pollJob, hintJob, rewrapJob } = wiring;
    let isCaughtUp = false;
    const app = await buildApp(wiring, { lifecycle, isCaughtUp: () => isCaughtUp });
    const url = await app.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
    await onceReachable({ server: 'postgres', logger, lifecycle }, () => wiring.clock.synchronize());
    await Promise.all([relay.start(), consumer.start(), wiring.waitForRedis()]);
    reports.start();
    pollJob.start();
    hintJob.start();
    rewrapJob.start();
    consumer.caughtUp([TOPICS.acdChanged]).then(() => (isCaughtUp = true), fail);
    return {
      url,
      stop: [
        { name: 'http', run: () => app.close() },
        {
          name: 'polling and hints',
          run: () => Promise.all([pollJob.stop(), hintJob.stop(), reports.stop(), rewrapJob.stop()]),
        },
        { name: 'consumer', run: (remainingMs) => consumer.stop(remainingMs) },
        { name: 'relay', run: (remainingMs) => relay.stop(remainingMs) },
        { name: 'connections', run: () => Promise.all([quota.close(), redis.disconnect(), pool.end()]) },
      ],
    };
  },
});
