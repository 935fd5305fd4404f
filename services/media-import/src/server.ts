import { createAcdChangedHandler } from '@wxcc-wfo/acd';
import { createConsumer } from '@wxcc-wfo/bus';
import { type Repeating, repeat, runService } from '@wxcc-wfo/service-kit';
import { buildApp } from './app.ts';
import { mediaImportConfig } from './config.ts';
import { importRound } from './jobs/import-job.ts';
import { createTaskEndedHandler } from './jobs/task-ended-consumer.ts';
import { createWiring } from './wiring.ts';

await runService({
  name: 'media-import',
  config: mediaImportConfig,
  async start({ config, logger, lifecycle, fail }) {
    const wiring = createWiring(config, logger);
    let imports: Repeating | undefined;
    let caughtUp = false;
    const wake = () => imports?.wake();
    const consumer = createConsumer({
      bus: wiring.bus,
      pool: wiring.pool,
      groupId: 'media-import',
      logger,
      internalApiKey: config.INTERNAL_API_KEY,
      handlers: {
        'acd-changed': createAcdChangedHandler(),
        'token-refreshed': wiring.tokens.tokenRefreshedHandler,
        'task-ended': createTaskEndedHandler({ nowMs: wiring.nowMs }),
      },
      onCommitted: wake,
      onFatal: fail,
    });
    const parts = {
      consumer,
      wake,
      lifecycle,
      isCaughtUp: () => caughtUp,
      lastTickMs: () => imports?.lastTickMs() ?? Date.now(),
    };
    const app = await buildApp(wiring, parts);
    const url = await app.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
    await wiring.relay.start();
    await consumer.start();
    void consumer.caughtUp().then(() => {
      caughtUp = true;
      imports = repeat({
        name: 'imports',
        pauseMs: config.IMPORT_CHECK_MS,
        logger,
        turn: async (signal) => (await importRound(wiring, signal)) > 0,
      });
    }, fail);
    return {
      url,
      stop: [
        { name: 'imports', run: () => imports?.stop() },
        { name: 'consumer', run: (remainingMs) => consumer.stop(remainingMs) },
        { name: 'http', run: () => app.close() },
        { name: 'outbox relay', run: (remainingMs) => wiring.relay.stop(remainingMs) },
        { name: 'connections', run: () => wiring.close() },
      ],
    };
  },
});
