import { TOPICS } from '@wxcc-wfo/contracts';
import { onceReachable, runService } from '@wxcc-wfo/service-kit';
import { buildApp } from './app.ts';
import { syncConfig } from './config.ts';
import { startObserveJob } from './runs/observe-job.ts';
import { createWiring } from './wiring.ts';

await runService({
  name: 'sync',
  config: syncConfig,
  async start({ config, logger, lifecycle, fail }) {
    const wiring = createWiring(config, { logger, onFatal: fail });
    const { pool, redis, quota, relay, consumer, reports, syncJob, directoryWork, rewrapJob } = wiring;
    let isCaughtUp = false;
    const app = await buildApp(wiring, { lifecycle, isCaughtUp: () => isCaughtUp });
    const url = await app.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
    await onceReachable({ server: 'postgres', logger, lifecycle }, () => wiring.clock.synchronize());
    await Promise.all([relay.start(), consumer.start(), wiring.waitForRedis()]);
    reports.start();
    syncJob.start();
    rewrapJob.start();
    directoryWork.start();
    const observeJob = startObserveJob(wiring);
    consumer.caughtUp([TOPICS.acdChanged]).then(() => (isCaughtUp = true), fail);
    return {
      url,
      stop: [
        { name: 'http', run: () => app.close() },
        {
          name: 'runs',
          run: () =>
            Promise.all([syncJob.stop(), reports.stop(), observeJob.stop(), directoryWork.stop(), rewrapJob.stop()]),
        },
        { name: 'consumer', run: (remainingMs) => consumer.stop(remainingMs) },
        { name: 'relay', run: (remainingMs) => relay.stop(remainingMs) },
        { name: 'connections', run: () => Promise.all([quota.close(), redis.disconnect(), pool.end()]) },
      ],
    };
  },
});
