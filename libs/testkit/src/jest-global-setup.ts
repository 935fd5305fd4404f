import { REPOSITORY } from './servers/tool-cache.ts';

// Standard error, where Jest reports: standard output is for --json.

/**
 * Starts one set of servers for the whole run and hands their addresses to the workers through the environment. Those
 * named there already are used and left running. WFO_TEST_SERVERS=none starts nothing, for runs of pure unit tests.
 */
export default async function jestGlobalSetup(): Promise<void> {
  if (process.env.WFO_TEST_SERVERS === 'none') {
    console.error('\nTest servers: none (WFO_TEST_SERVERS=none)');
    return;
  }
  const { startServers } = await import('./servers/start-servers.ts');
  const servers = await startServers({
    dataFolder: `${REPOSITORY}.data/test-servers-${process.pid}`,
    onProgress: (line) => console.error(line),
    // Processes are killed here, but no power is cut: nothing is lost, and nobody waits for a disk.
    fsync: false,
  });
  process.env.KAFKA_BROKERS = servers.kafkaBrokers.join(',');
  process.env.POSTGRES_ADMIN_URL = servers.postgresAdminUrl;
  process.env.REDIS_URL = servers.redisUrl;
  (globalThis as { testServers?: typeof servers }).testServers = servers;
  const { kafka, postgres, redis } = servers.kind;
  console.error(
    `\nTest servers: Kafka ${process.env.KAFKA_BROKERS} (${kafka}), PostgreSQL ${new URL(servers.postgresAdminUrl).host} (${postgres}), Redis ${new URL(servers.redisUrl).host} (${redis})`,
  );
}
