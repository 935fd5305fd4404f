import type { RunningServers } from './servers/start-servers.ts';

/** Stops what the set-up started. */
export default async function jestGlobalTeardown(): Promise<void> {
  await (globalThis as { testServers?: RunningServers }).testServers?.stop();
}
