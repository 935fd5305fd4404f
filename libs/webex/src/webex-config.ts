import { Type } from 'typebox';

/** What every service that calls Webex is told by its environment, beside its own variables. */
export const webexConfig = {
  WEBEX_ALLOWED_HOSTS: Type.Array(Type.String(), {
    default: ['webexapis.com', '*.cisco.com'],
    description:
      'Hosts (`host`, `host:port` or `*.suffix`) that may be called, comma separated. Tenants cannot widen it.',
  }),
  WEBEX_ALLOW_PRIVATE_ADDRESSES: Type.Boolean({
    default: false,
    description: 'Whether a Webex host may resolve to a private or loopback address (stand-ins and tests only).',
  }),
  WEBEX_REQUESTS_PER_MINUTE: Type.Integer({
    default: 300,
    minimum: 10,
    description: 'The provider’s budget per client id.',
  }),
  WEBEX_EXPECTED_PROCESSES: Type.Integer({
    default: 20,
    minimum: 1,
    maximum: 1_000,
    description:
      'At least the number of processes that use one client id: every replica of oauth, sync, capture and media-import. The same everywhere: while Redis is away each lives on its part of the budget.',
  }),
};
