import { PUBLIC_BASE } from '../../scripts/demo/start-simulator.ts';
import { apiKeyEntries, type DeploymentSecrets } from '../../scripts/stack/deployment-secrets.ts';
import type { WebexEnvironment } from '../../scripts/stack/start-stack.ts';

/** An API key beside the operator's and the services' own. */
export interface MoreKey {
  id: string;
  sha256: string;
  scopes: string[];
  /** `own`: the deployment's tenant. */
  tenantId: string | null | 'own';
}

/** Short calls that end when a test says so, recordings soon after. */
export function simulatorEnvironment(o: {
  seed: number;
  requestsPerMinute: number;
  webhooksUrl: string;
}): Record<string, string> {
  return {
    SIM_SEED: String(o.seed),
    SIM_TASKS: '0',
    SIM_TALK_SCALE: '0.1',
    SIM_RECORDING_DELAY_MS: '300',
    SIM_QUOTA_PER_MINUTE: String(o.requestsPerMinute),
    SIM_RESOLVE: `${PUBLIC_BASE}=${o.webhooksUrl}`,
  };
}

export function webexEnvironment(baseUrl: string, requestsPerMinute: number): WebexEnvironment {
  return {
    WEBEX_AUTHORIZE_URL: `${baseUrl}/v1/authorize`,
    WEBEX_TOKEN_URL: `${baseUrl}/v1/access_token`,
    WEBEX_PEOPLE_ME_URL: `${baseUrl}/v1/people/me`,
    WEBEX_ALLOWED_HOSTS: new URL(baseUrl).host,
    WEBEX_ALLOW_PRIVATE_ADDRESSES: 'true',
    WEBEX_REQUESTS_PER_MINUTE: String(requestsPerMinute),
    WEBHOOK_PUBLIC_BASE: PUBLIC_BASE,
  };
}

/** Everything looks around more often than in production, so that tests need not wait for it. */
export function serviceEnvironment(secrets: DeploymentSecrets, more: readonly MoreKey[]): Record<string, string> {
  const moreKeys = more.map((key) => ({ ...key, tenantId: key.tenantId === 'own' ? secrets.tenantId : key.tenantId }));
  return {
    POLL_INTERVAL_MS: '1000',
    IMPORT_CHECK_MS: '250',
    IMPORT_FIRST_RETRY_MS: '300',
    WEBHOOK_CHECK_MS: '2000',
    KAFKA_SESSION_TIMEOUT_MS: '6000',
    API_KEYS: JSON.stringify([...JSON.parse(apiKeyEntries(secrets)), ...moreKeys]),
  };
}
