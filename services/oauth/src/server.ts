import { runService } from '@wxcc-wfo/service-kit';
import { buildApp } from './app.ts';
import { oauthConfig } from './config.ts';
import { createWiring } from './wiring.ts';

await runService({
  name: 'oauth',
  config: oauthConfig,
  async start({ config, logger, lifecycle }) {
    let url = config.PUBLIC_URL ?? '';
    const wiring = createWiring(config, logger, () => url);
    const { relay, tokenJobs, rewrapJob } = wiring;
    const app = await buildApp(wiring, { lifecycle });
    const listening = await app.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
    url ||= listening;
    await relay.start();
    tokenJobs.start();
    rewrapJob.start();
    return {
      url: listening,
      stop: [
        // Both at once: a sign-in and a refresh under way may each wait for the provider.
        { name: 'http and token refresh', run: () => Promise.all([app.close(), tokenJobs.stopRefreshing()]) },
        {
          name: 'token hand-over and key rotation',
          run: () => Promise.all([tokenJobs.stopHandingOver(), rewrapJob.stop()]),
        },
        { name: 'outbox relay', run: (remainingMs) => relay.stop(remainingMs) },
        { name: 'connections', run: () => wiring.close() },
      ],
    };
  },
});
