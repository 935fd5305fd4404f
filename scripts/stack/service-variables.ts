import type { describeEnvironment } from '@wxcc-wfo/service-kit';
import { SERVICE_NAMES, type ServiceName } from './services.ts';

type ConfigSchema = Parameters<typeof describeEnvironment>[1];

/** The schema of a service’s environment, as it checks it at its start. */
export async function configSchemaOf(name: ServiceName): Promise<ConfigSchema> {
  const exported = (await import(`../../services/${name}/src/config.ts`)) as Record<string, unknown>;
  const schema = Object.values(exported).find(
    (one): one is ConfigSchema => typeof one === 'object' && one !== null && 'properties' in one,
  );
  if (!schema) throw new Error(`services/${name}/src/config.ts exports no schema.`);
  return schema;
}

/** Differ from process to process, or are drawn and kept in the data folder: not the caller’s to set for all services. */
const DRAWN = [
  'HTTP_PORT',
  'PUBLIC_URL',
  'DATABASE_URL',
  'API_KEYS',
  'INTERNAL_API_KEY',
  'EVENT_BLOB_ORIGINS',
  'METRICS_PORT',
  'LISTENING_FILE',
  'SEALING_KEYS',
  'HANDOVER_KEYS',
  'MEDIA_FOLDER',
  'MEDIA_IMPORT_URL',
  'LINK_SIGNING_KEY',
];
/** Read by `npm run up` itself, which tells the services. */
const READ_ELSEWHERE = /^(KAFKA_BROKERS|REDIS_URL|KAFKA_TOPIC_PREFIX|WEBEX_|WEBHOOK_PUBLIC_BASE$)/;
const FOR_WEBEX_OF_OAUTH = /^WEBEX_(SCOPES|PKCE)$/;

export interface PassedOn {
  /** For every service; none minds a variable that is not its own. */
  environment: Record<string, string>;
  /** Variables of a service that are set but not used. */
  unused: string[];
}

/** What of the caller’s environment the services get: every variable of their schemas, and OpenTelemetry’s. */
export async function passOn(environment: NodeJS.ProcessEnv): Promise<PassedOn> {
  const schemas = await Promise.all(SERVICE_NAMES.map(configSchemaOf));
  const names = new Set(schemas.flatMap((schema) => Object.keys(schema.properties)));
  const passed: PassedOn = { environment: {}, unused: [] };
  for (const [name, value] of Object.entries(environment)) {
    if (!value) continue;
    const variable = name.replace(/_FILE$/, '');
    if (DRAWN.includes(name) || DRAWN.includes(variable)) passed.unused.push(name);
    else if (READ_ELSEWHERE.test(name) && !FOR_WEBEX_OF_OAUTH.test(name)) continue;
    else if (names.has(name) || name.startsWith('OTEL_')) passed.environment[name] = value;
  }
  return passed;
}
