// The job before the services: database, roles, schemas, tables and topics. It may run again at any time.
import { acdMigrationsFolder } from '@wxcc-wfo/acd';
import { busMigrationsFolder, createBus } from '@wxcc-wfo/bus';
import { TOPIC_NAMES } from '@wxcc-wfo/contracts';
import {
  accessMigrationsFolder,
  baseConfig,
  ConfigError,
  createLogger,
  loadConfig,
  migrateService,
} from '@wxcc-wfo/service-kit';
import { Client } from 'pg';
import { type TString, Type } from 'typebox';
import { SERVICES, type ServiceName, serviceFolder } from './stack/services.ts';

export interface MigrateAllOptions {
  /** A database and role that may create databases and roles. */
  postgresAdminUrl: string;
  databaseName: string;
  /** Password of every service’s role. */
  passwords: Record<ServiceName, string>;
  kafkaBrokers: string[];
  topicPrefix?: string;
  partitions: number;
  replicationFactor: number;
}

/** Migrates all services and creates the topics; gives each service’s database URL. */
export async function migrateAll(options: MigrateAllOptions): Promise<Record<ServiceName, string>> {
  const adminUrl = await ensureDatabase(options.postgresAdminUrl, options.databaseName);
  const logger = createLogger({ service: 'migrate', level: 'warn' });
  const bus = createBus({
    brokers: options.kafkaBrokers,
    clientId: 'migrate',
    topicPrefix: options.topicPrefix ?? '',
    logger,
  });
  const topics = bus.ensureTopics(TOPIC_NAMES, {
    partitions: options.partitions,
    replicationFactor: options.replicationFactor,
  });
  topics.catch(() => undefined); // said when it is awaited, if a migration has not failed before
  const urls = {} as Record<ServiceName, string>;
  for (const { name, worksForAcds } of SERVICES) {
    const { databaseUrl } = await migrateService({
      adminUrl,
      service: name,
      password: options.passwords[name],
      folders: [
        busMigrationsFolder,
        accessMigrationsFolder,
        ...(worksForAcds ? [acdMigrationsFolder] : []),
        `${serviceFolder(name)}/migrations`,
      ],
    });
    urls[name] = databaseUrl;
  }
  await topics;
  return urls;
}

async function ensureDatabase(adminUrl: string, name: string): Promise<string> {
  if (!/^[a-z][a-z0-9_]*$/.test(name)) {
    throw new Error(
      `DATABASE_NAME is "${name}". Use lower-case letters, digits and underscores, beginning with a letter.`,
    );
  }
  const client = new Client({ connectionString: adminUrl });
  client.on('error', () => undefined); // the statement that runs reports it
  await client.connect();
  try {
    const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await client.query(`CREATE DATABASE ${name}`);
  } catch (error) {
    // Somebody else created it in between.
    if ((error as { code?: string }).code !== '42P04' && (error as { code?: string }).code !== '23505') throw error;
  } finally {
    await client.end();
  }
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

const passwordVariable = (name: ServiceName) => `${name.toUpperCase().replaceAll('-', '_')}_DATABASE_PASSWORD`;

/** The environment of this job. */
export const migrateConfig = Type.Object({
  POSTGRES_ADMIN_URL: Type.String({
    format: 'uri',
    pattern: '^postgres(ql)?://',
    secret: true,
    description: 'postgres:// address of a role that may create databases and roles',
  }),
  DATABASE_NAME: Type.String({
    default: 'wfo',
    pattern: '^[a-z][a-z0-9_]*$',
    description: 'The database of all services: lower-case letters, digits and underscores, beginning with a letter',
  }),
  ...(Object.fromEntries(
    SERVICES.map(({ name }) => [
      passwordVariable(name),
      Type.String({ minLength: 1, secret: true, description: `Password of the role of ${name}` }),
    ]),
  ) as Record<string, TString>),
  KAFKA_BROKERS: baseConfig.KAFKA_BROKERS,
  KAFKA_TOPIC_PREFIX: baseConfig.KAFKA_TOPIC_PREFIX,
  KAFKA_PARTITIONS: Type.Integer({
    default: 6,
    minimum: 1,
    description: 'Partitions of every topic, set once per deployment: another number would break the order of a key',
  }),
  KAFKA_REPLICATION_FACTOR: Type.Integer({ default: 1, minimum: 1, description: 'Copies of every partition' }),
});

async function main(): Promise<void> {
  const config = loadConfig(migrateConfig);
  await migrateAll({
    postgresAdminUrl: config.POSTGRES_ADMIN_URL,
    databaseName: config.DATABASE_NAME,
    passwords: Object.fromEntries(
      SERVICES.map(({ name }) => [name, config[passwordVariable(name) as keyof typeof config]]),
    ) as Record<ServiceName, string>,
    kafkaBrokers: config.KAFKA_BROKERS,
    topicPrefix: config.KAFKA_TOPIC_PREFIX,
    partitions: config.KAFKA_PARTITIONS,
    replicationFactor: config.KAFKA_REPLICATION_FACTOR,
  });
  console.log('Database and topics are up to date.');
}

if (import.meta.main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
