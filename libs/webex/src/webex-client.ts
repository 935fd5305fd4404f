import { createCapturesClient } from './captures/captures-client.ts';
import { openDownload } from './captures/download.ts';
import { createDirectoryClient } from './config/directory-client.ts';
import { createBearerCredentials } from './http/credentials.ts';
import type { OnUnknownValue } from './http/fields.ts';
import { countUnknownValue } from './http/instruments.ts';
import { createTransport, DEFAULT_TIMEOUTS } from './http/transport.ts';
import type { WebexClient, WebexClientOptions } from './port.ts';
import { createSearchClient } from './search/search-client.ts';
import { createSubscriptionsClient } from './subscriptions/subscriptions-client.ts';

/**
 * A client for one tenant and one kind of work. It is cheap: connections and the budget are shared by all clients of
 * the process, so make one per ACD and kind. Every method throws `WebexError`, or the signal's reason when aborted.
 */
export function createWebexClient(options: WebexClientOptions): WebexClient {
  const { endpoints, quota, quotaKey, kind, orgId, timeouts } = options;
  const apiUrl = endpoints.apiUrl.replace(/\/+$/, '');
  const onUnknown: OnUnknownValue = (field, value) => {
    countUnknownValue(field);
    options.onUnknownValue?.(field, value);
  };
  const transport = createTransport({
    hosts: endpoints,
    timeouts,
    budget: { quota, quotaKey, kind },
    credentials: options.credentials ?? createBearerCredentials((refused) => accessTokenOf(options, refused)),
  });
  const deps = { transport, apiUrl, orgId, onUnknown };
  const fileRules = { ...endpoints, allowedHosts: [...endpoints.allowedHosts, ...(endpoints.fileHosts ?? [])] };
  return {
    ...createSearchClient(deps),
    ...createCapturesClient(deps),
    ...createDirectoryClient(deps),
    ...createSubscriptionsClient(deps),
    download: (url, downloadOptions) =>
      openDownload(url, fileRules, { ...DEFAULT_TIMEOUTS, ...timeouts }, downloadOptions),
  };
}

function accessTokenOf(options: WebexClientOptions, refused: string | undefined): Promise<string> {
  if (!options.getAccessToken)
    throw new Error('A Webex client needs `credentials` or `getAccessToken`: give one of them.');
  return options.getAccessToken(refused);
}
