import { startSubscriptionJob } from '@wxcc-wfo/acd';
import { TOPICS } from '@wxcc-wfo/contracts';
import { runService } from '@wxcc-wfo/service-kit';
import { buildApp } from './app.ts';
import { mediaImportConfig } from './config.ts';
import { type ImportJobLoop, startImportJob } from './jobs/import-job.ts';
import { createWiring, subscriptionDeps } from './wiring.ts';

await runService({
  name: 'media-import',
  config: mediaImportConfig,
  async start({ config, logger, lifecycle, fail }) {
    let imports: ImportJobLoop | undefined;
    let isCaughtUp = false;
    const wake = () => imports?.wake();
    const wiring = createWiring(config, { logger, onFatal: fail, onCommitted: wake });
    const { consumer, relay, reports, rewrapJob } = wiring;
    const lastTickMs = () => imports?.lastTickMs() ?? Date.now();
    const app = await buildApp(wiring, { lifecycle, wake, lastTickMs, isCaughtUp: () => isCaughtUp });
    const url = await app.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
    await Promise.all([relay.start(), consumer.start()]);
    reports.start();
    imports = startImportJob(wiring);
    rewrapJob.start();
    const subscriptions = startSubscriptionJob(subscriptionDeps(wiring));
    // Of the compacted topic only: a backlog of ended tasks is no reason not to be ready.
    consumer.caughtUp([TOPICS.acdChanged]).then(() => (isCaughtUp = true), fail);
    return {
      url,
      stop: [
        { name: 'http', run: () => app.close() },
        {
          name: 'imports',
          run: () => Promise.all([imports?.stop(), subscriptions.stop(), reports.stop(), rewrapJob.stop()]),
        },
        { name: 'consumer', run: (remainingMs) => consumer.stop(remainingMs) },
        { name: 'outbox relay', run: (remainingMs) => relay.stop(remainingMs) },
        { name: 'connections', run: () => wiring.close() },
      ],
    };
  },
});
