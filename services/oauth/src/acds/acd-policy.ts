import type { AcdVariant } from '@wxcc-wfo/contracts';
import { refusalsOfApiUrl, refusalsOfCompleteUrl } from './api-url-policy.ts';
import { refusalsOfMappings } from './mapping-policy.ts';
import type { Refusal } from './refusal.ts';
import { VARIANTS } from './variant-policy.ts';

export type { Refusal } from './refusal.ts';

/** What a valid ACD connection is (ACD-01, ACD-03). Every refusal names the field, the reason and the remedy. */

const PERSONAL_DOMAINS: ReadonlySet<string> = new Set(
  `gmail.com googlemail.com outlook.com hotmail.com live.com msn.com passport.com yahoo.com ymail.com rocketmail.com
   icloud.com me.com mac.com aol.com aim.com proton.me protonmail.com pm.me gmx.com gmx.de gmx.net gmx.at gmx.ch web.de
   t-online.de freenet.de mail.com zoho.com zohomail.com fastmail.com hey.com tutanota.com tuta.io yandex.com yandex.ru
   mail.ru qq.com 163.com 126.com naver.com rediffmail.com orange.fr free.fr libero.it comcast.net verizon.net att.net
   sbcglobal.net btinternet.com`.split(/\s+/),
);
/** Mailboxes of the same houses under a country's domain: yahoo.co.uk, hotmail.fr, outlook.de, live.nl. */
const PERSONAL_HOUSES = /^(yahoo|hotmail|outlook|live)(\.com?)?\.[a-z]{2}$/;

export interface AcdInput {
  variant: AcdVariant;
  name: string;
  username: string;
  apiUrl: string;
  /** Of the 1.0 form. */
  mediaApiUrl: string | null;
  /** Of variant 2.0. */
  clientRef: string | null;
  webexOrgId: string;
  qualityManagement: { enabled: boolean; voice: boolean; digital: boolean };
  dataRecapture: { timeOfDay: string; timeZone: string } | null;
  metadataMappings: { acdMetadataName: string; metadataLabel: string }[];
  acdFiltering?: unknown;
}

/** All refusals of an input at once; none means it may be saved. `mayCall` is the deployment’s rule about Webex hosts. */
export function refusalsOfAcd(input: AcdInput, mayCall: (url: string) => boolean): Refusal[] {
  return [
    ...refusalsOfName(input.name),
    ...refusalsOfUsername(input.username),
    ...refusalsOfConnection(input, mayCall),
    ...refusalsOfOrganization(input),
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

/** How Webex is reached and by what right: each of the two forms has its own fields. */
function refusalsOfConnection(input: AcdInput, mayCall: (url: string) => boolean): Refusal[] {
  if (VARIANTS[input.variant].authorization === 'oauth') {
    const missing = {
      field: 'clientRef',
      reason: `The variant ${input.variant} needs the client record whose credentials it uses.`,
      remedy: 'Create it with POST /v1/clients, or choose one of GET /v1/clients.',
    };
    return [...(input.clientRef === null ? [missing] : []), ...refusalsOfApiUrl(input.apiUrl, mayCall)];
  }
  const missing = {
    field: 'mediaApiUrl',
    reason: `The variant ${input.variant} reads recordings by the Media API.`,
    remedy: 'Send its complete URL with protocol and path.',
  };
  return [
    ...refusalsOfCompleteUrl('apiUrl', input.apiUrl, mayCall),
    ...(input.mediaApiUrl === null ? [missing] : refusalsOfCompleteUrl('mediaApiUrl', input.mediaApiUrl, mayCall)),
  ];
}

/** Whether an id is a UUID, in either case. */
export function isUuid(id: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
}

function refusalsOfOrganization({ variant, webexOrgId }: AcdInput): Refusal[] {
  const byUuid = VARIANTS[variant].authorization === 'oauth';
  if (byUuid ? isUuid(webexOrgId) : /^[a-z0-9][a-z0-9-]*$/i.test(webexOrgId)) return [];
  return [
    {
      field: 'webexOrgId',
      reason: byUuid ? 'A Webex organization id is a UUID.' : 'A Cisco Tenant ID is alphanumeric.',
      remedy: 'Copy the organization id from Control Hub (Management > Account). It is not the WFO tenant.',
    },
  ];
}

function refusalsOfName(name: string): Refusal[] {
  if (name.trim() === name && name.length > 0) return [];
  return [{ field: 'name', reason: 'It begins or ends with white space.', remedy: 'Send the name without it.' }];
}

/** The account’s form and domain. */
export function refusalsOfUsername(username: string): Refusal[] {
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

/** The boxes as they are meant where some are left out. */
export function completeQualityManagement(
  given: { enabled?: boolean; voice?: boolean; digital?: boolean } | undefined,
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
