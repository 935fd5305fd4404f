// The job before the services: database, roles, schemas, tables and topics. It may run again at any time.
import { acdMigrationsFolder } from '@wxcc-wfo/acd';
import { busMigrationsFolder, createBus } from '@wxcc-wfo/bus';
import { TOPIC_NAMES } from '@wxcc-wfo/contracts';
import { accessMigrationsFolder, createLogger, migrateService } from '@wxcc-wfo/service-kit';
import { Client } from 'pg';
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

function required(name: string): string {
  const value = process.env[name];
  if (value) return value;
  throw new Error(`${name} is not set. Set it, see docs/environment-variables.md.`);
}

if (import.meta.main) {
  const passwords = Object.fromEntries(
    SERVICES.map(({ name }) => [name, required(`${name.toUpperCase().replaceAll('-', '_')}_DATABASE_PASSWORD`)]),
  ) as Record<ServiceName, string>;
  await migrateAll({
    postgresAdminUrl: required('POSTGRES_ADMIN_URL'),
    databaseName: process.env.DATABASE_NAME ?? 'wfo',
    passwords,
    kafkaBrokers: required('KAFKA_BROKERS').split(','),
    topicPrefix: process.env.KAFKA_TOPIC_PREFIX ?? '',
    partitions: Number(process.env.KAFKA_PARTITIONS ?? 6),
    replicationFactor: Number(process.env.KAFKA_REPLICATION_FACTOR ?? 1),
  });
  console.log('Database and topics are up to date.');
}
