import { repeat, runService } from '@wxcc-wfo/service-kit';
import { buildApp } from './app.ts';
import { oauthConfig } from './config.ts';
import { handOverLivingTokens } from './tokens/handover-job.ts';
import { refreshOneDueToken } from './tokens/refresh-job.ts';
import { createWiring } from './wiring.ts';

await runService({
  name: 'oauth',
  config: oauthConfig,
  async start({ config, logger, lifecycle }) {
    let url = config.PUBLIC_URL ?? '';
    const wiring = createWiring(config, logger, () => url);
    const app = await buildApp(wiring, lifecycle);
    const listening = await app.listen({ host: config.HTTP_HOST, port: config.HTTP_PORT });
    url ||= listening;
    await wiring.relay.start();
    const refresh = repeat({
      name: 'token refresh',
      pauseMs: config.REFRESH_CHECK_MS,
      logger,
      turn: () => refreshOneDueToken(wiring),
    });
    const handover = repeat({
      name: 'token hand-over',
      pauseMs: config.HANDOVER_CHECK_MS,
      logger,
      turn: async () => {
        await handOverLivingTokens(wiring);
        return false;
      },
    });
    return {
      url: listening,
      stop: [
        { name: 'token refresh', run: () => refresh.stop() },
        { name: 'token hand-over', run: () => handover.stop() },
        { name: 'http', run: () => app.close() },
        { name: 'outbox relay', run: (remainingMs) => wiring.relay.stop(remainingMs) },
        { name: 'connections', run: () => wiring.close() },
      ],
    };
  },
});
