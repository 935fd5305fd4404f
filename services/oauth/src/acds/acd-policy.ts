import { refusalsOfMappings } from './mapping-policy.ts';

/** What a valid ACD connection is (ACD-01, ACD-03). Every refusal names the field, the reason and the remedy. */

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

const PERSONAL_DOMAINS: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com outlook.com hotmail.com live.com msn.com passport.com yahoo.com ymail.com rocketmail.com
   icloud.com me.com mac.com aol.com aim.com proton.me protonmail.com pm.me gmx.com gmx.de gmx.net gmx.at gmx.ch web.de
   t-online.de freenet.de mail.com zoho.com zohomail.com fastmail.com hey.com tutanota.com tuta.io yandex.com yandex.ru
   mail.ru qq.com 163.com 126.com naver.com rediffmail.com orange.fr free.fr libero.it comcast.net verizon.net att.net
   sbcglobal.net btinternet.com`.split(/\s+/),
);
/** Mailboxes of the same houses under a country's domain: yahoo.co.uk, hotmail.fr, outlook.de, live.nl. */
const PERSONAL_HOUSES = /^(yahoo|hotmail|outlook|live)(\.com?)?\.[a-z]{2}$/;

export interface Refusal {
  field: string;
  reason: string;
  remedy: string;
}

export interface AcdInput {
  name: string;
  username: string;
  apiUrl: string;
  webexOrgId: string;
  qualityManagement: { enabled: boolean; voice: boolean; digital: boolean };
  dataRecapture: { timeOfDay: string; timeZone: string } | null;
  metadataMappings: { acdMetadataName: string; metadataLabel: string }[];
  acdFiltering?: unknown;
}

/** A region code or name becomes the region's API URL; a URL loses its trailing slash; anything else stays as it is. */
export function expandApiUrl(value: string): string {
  return REGION_URLS.get(value.trim().toLowerCase()) ?? value.trim().replace(/\/+$/, '');
}

/** All refusals of an input at once; none means it may be saved. `mayCall` is the deployment’s rule about Webex hosts. */
export function refusalsOfAcd(input: AcdInput, mayCall: (url: string) => boolean): Refusal[] {
  return [
    ...refusalsOfName(input.name),
    ...refusalsOfUsername(input.username),
    ...refusalsOfApiUrl(input.apiUrl, mayCall),
    ...refusalsOfQualityManagement(input.qualityManagement),
    ...refusalsOfRecapture(input.dataRecapture),
    ...refusalsOfMappings(input.metadataMappings),
    ...(input.acdFiltering === undefined
      ? []
      : [
          {
            field: 'acdFiltering',
            reason: 'ACD filtering is not supported by this integration (ACD-03).',
            remedy: 'Leave the field out; all contacts of the organization are captured.',
          },
        ]),
  ];
}

function refusalsOfName(name: string): Refusal[] {
  if (name.trim() === name && name.length > 0) return [];
  return [{ field: 'name', reason: 'It begins or ends with white space.', remedy: 'Send the name without it.' }];
}

function refusalsOfUsername(username: string): Refusal[] {
  const match = /^[^\s@<>"(),;:]+@((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9])$/i.exec(username);
  if (!match) {
    return [
      {
        field: 'username',
        reason: 'It is not an e-mail address of the form user@domain.',
        remedy: 'Enter the e-mail address of the Webex administrator who will authorize the connection.',
      },
    ];
  }
  const domain = match[1]!.toLowerCase();
  if (!PERSONAL_DOMAINS.has(domain) && !PERSONAL_HOUSES.test(domain)) return [];
  return [
    {
      field: 'username',
      reason: `${domain} is a domain of personal mailboxes.`,
      remedy: 'Use an administrator account of the organization’s own domain.',
    },
  ];
}

function refusalsOfApiUrl(apiUrl: string, mayCall: (url: string) => boolean): Refusal[] {
  const remedy = `Enter the complete base URL with its protocol, or a region code: ${Object.keys(REGIONS).join(', ')}.`;
  let url: URL;
  try {
    url = new URL(apiUrl);
  } catch {
    return [{ field: 'apiUrl', reason: 'It is neither a URL with its protocol nor a known region code.', remedy }];
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return [{ field: 'apiUrl', reason: `The protocol ${url.protocol} is not http or https.`, remedy }];
  }
  if (url.username || url.password || url.search || url.hash) {
    return [{ field: 'apiUrl', reason: 'It carries a user, a query or a fragment.', remedy }];
  }
  if (mayCall(apiUrl)) return [];
  return [
    {
      field: 'apiUrl',
      reason: `${url.protocol}//${url.host} is not one of the Webex hosts that this deployment allows.`,
      remedy:
        'Use a published Webex Contact Center host, or let the platform team add the host to WEBEX_ALLOWED_HOSTS.',
    },
  ];
}

/** The boxes as they are meant where some are left out. */
export function completeQualityManagement(
  given: { enabled: boolean; voice?: boolean; digital?: boolean } | undefined,
): AcdInput['qualityManagement'] {
  const enabled = given?.enabled ?? true;
  // Who asks for Digital alone, or for nothing at all, has said what is wanted.
  const voice = given?.voice ?? (enabled && given?.digital !== true);
  return { enabled, voice, digital: given?.digital ?? false };
}

function refusalsOfQualityManagement(qm: AcdInput['qualityManagement']): Refusal[] {
  if (qm.enabled === (qm.voice || qm.digital)) return [];
  return [
    qm.enabled
      ? {
          field: 'qualityManagement',
          reason: 'Quality Management is on with neither Voice nor Digital, so it would record nothing.',
          remedy: 'Turn Voice or Digital on, or Quality Management off.',
        }
      : {
          field: 'qualityManagement',
          reason: 'Voice or Digital is on while Quality Management is off.',
          remedy: 'Turn Quality Management on, or both boxes off.',
        },
  ];
}

function refusalsOfRecapture(recapture: AcdInput['dataRecapture']): Refusal[] {
  if (!recapture || isNamedZone(recapture.timeZone)) return [];
  return [
    {
      field: 'dataRecapture.timeZone',
      reason: `${recapture.timeZone} is not a named IANA time zone.`,
      remedy: 'Use a name such as Europe/Berlin or America/New_York.',
    },
  ];
}

function isNamedZone(timeZone: string): boolean {
  // An offset such as +01:00 is a zone to Intl, but it knows no daylight saving time.
  if (!/^[A-Za-z]/.test(timeZone)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
