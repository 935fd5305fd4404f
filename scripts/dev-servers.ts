// Starts Kafka, PostgreSQL and Redis and keeps them until Ctrl-C. Other terminals: `source .data/dev-servers.env`.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startServers } from '@wxcc-wfo/testkit';

const folder = fileURLToPath(new URL('../.data/', import.meta.url));
const environmentFile = `${folder}dev-servers.env`;
mkdirSync(folder, { recursive: true });

const servers = await startServers({
  dataFolder: `${folder}dev-servers-${process.pid}`,
  onProgress: (line) => console.log(line),
});
writeFileSync(
  environmentFile,
  [
    `export KAFKA_BROKERS='${servers.kafkaBrokers.join(',')}'`,
    `export POSTGRES_ADMIN_URL='${servers.postgresAdminUrl}'`,
    `export REDIS_URL='${servers.redisUrl}'`,
    '',
  ].join('\n'),
);
console.log(
  `Kafka ${servers.kafkaBrokers} (${servers.kind.kafka}), PostgreSQL ${servers.postgresAdminUrl} (${servers.kind.postgres}), Redis ${servers.redisUrl} (${servers.kind.redis})`,
);
console.log('Ready. In another terminal: source .data/dev-servers.env. Ctrl-C stops them.');

const keepAlive = setInterval(() => {}, 60_000);
await new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, resolve);
});
clearInterval(keepAlive);
await servers.stop();
rmSync(environmentFile, { force: true });
