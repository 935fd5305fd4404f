import type { Refusal } from './refusal.ts';

/** What a valid address of a Webex API is (ACD-01, ACD-02). */

/** Webex regions of the guide and of the published host map, as codes that expand to an API URL. */
export const REGIONS: Readonly<Record<string, string>> = {
  us1: 'https://api.wxcc-us1.cisco.com',
  anz1: 'https://api.wxcc-anz1.cisco.com',
  eu1: 'https://api.wxcc-eu1.cisco.com',
  eu2: 'https://api.wxcc-eu2.cisco.com',
  jp1: 'https://api.wxcc-jp1.cisco.com',
  ca1: 'https://api.wxcc-ca1.cisco.com',
  sg1: 'https://api.wxcc-sg1.cisco.com',
  in1: 'https://api.wxcc-in1.cisco.com',
};

/** The guide's own region names ("Map API endpoints") beside the codes. */
const REGION_NAMES: Readonly<Record<string, string>> = {
  us: 'us1',
  anz: 'anz1',
  uk: 'eu1',
  eu: 'eu2',
  'eu (frankfurt)': 'eu2',
  japan: 'jp1',
};

const REGION_URLS: ReadonlyMap<string, string> = new Map([
  ...Object.entries(REGIONS),
  ...Object.entries(REGION_NAMES).map(([name, code]): [string, string] => [name, REGIONS[code]!]),
]);

/** A region code or name becomes the region's API URL; a URL loses its trailing slash; anything else stays as it is. */
export function expandApiUrl(value: string): string {
  return REGION_URLS.get(value.trim().toLowerCase()) ?? value.trim().replace(/\/+$/, '');
}

/** The base URL of variant 2.0, complete with its protocol, of a host that the deployment allows. */
export function refusalsOfApiUrl(apiUrl: string, mayCall: (url: string) => boolean): Refusal[] {
  const remedy = `Enter the complete base URL with its protocol, or a region code: ${Object.keys(REGIONS).join(', ')}.`;
  const parsed = parse('apiUrl', apiUrl, {
    reason: 'It is neither a URL with its protocol nor a known region code.',
    remedy,
  });
  return Array.isArray(parsed) ? parsed : refusalsOfHost('apiUrl', parsed, mayCall);
}

/** The URLs of the 1.0 form, complete with protocol and path, such as `https://rest-tenant.example/aws/api`. */
export function refusalsOfCompleteUrl(field: string, value: string, mayCall: (url: string) => boolean): Refusal[] {
  const remedy = 'Enter the complete URL as the provider gave it, with its protocol and its path.';
  const parsed = parse(field, value, { reason: 'It is not a URL with its protocol.', remedy });
  if (Array.isArray(parsed)) return parsed;
  if (parsed.pathname === '/') return [{ field, reason: `${parsed.origin} has no path.`, remedy }];
  return refusalsOfHost(field, parsed, mayCall);
}

function parse(field: string, value: string, otherwise: { reason: string; remedy: string }): URL | Refusal[] {
  const { remedy } = otherwise;
  const url = URL.parse(value);
  if (!url) return [{ field, ...otherwise }];
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return [{ field, reason: `The protocol ${url.protocol} is not http or https.`, remedy }];
  }
  if (url.username || url.password || url.search || url.hash) {
    return [{ field, reason: 'It carries a user, a query or a fragment.', remedy }];
  }
  return url;
}

function refusalsOfHost(field: string, url: URL, mayCall: (url: string) => boolean): Refusal[] {
  if (mayCall(url.href)) return [];
  return [
    {
      field,
      reason: `${url.protocol}//${url.host} is not one of the Webex hosts that this deployment allows.`,
      remedy:
        'Use a published Webex Contact Center host, or let the platform team add the host to WEBEX_ALLOWED_HOSTS.',
    },
  ];
}
