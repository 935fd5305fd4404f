import { runService } from '@wxcc-wfo/service-kit';
import { buildApp, closeApp } from './app.ts';
import { segmenterConfig } from './config.ts';
import { createWiring } from './wiring.ts';

const LISTENER_GRACE_MS = 2_000;

await runService({
  name: 'segmenter',
  config: segmenterConfig,
  async start({ config, logger, lifecycle, fail }) {
    const wiring = createWiring(config, { logger, onFatal: fail });
    const { pool, relay, consumer, awaitedTasks } = wiring;
    const app = await buildApp(wiring, { lifecycle });
    const url = await app.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
    await Promise.all([relay.start(), consumer.start()]);
    awaitedTasks.start();
    return {
      url,
      stop: [
        { name: 'watch', run: () => awaitedTasks.stop() },
        { name: 'consumer', run: (remainingMs) => consumer.stop(remainingMs) },
        { name: 'relay', run: (remainingMs) => relay.stop(remainingMs) },
        { name: 'http', run: (remainingMs) => closeApp(app, Math.min(LISTENER_GRACE_MS, remainingMs / 2)) },
        { name: 'connections', run: () => pool.end() },
      ],
    };
  },
});
