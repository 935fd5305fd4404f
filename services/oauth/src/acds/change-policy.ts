import type { AuthorizationState } from './acd.ts';
import type { AcdSettings } from './form-policy.ts';
import type { Refusal } from './refusal.ts';
import { VARIANTS } from './variant-policy.ts';

/** What a change of an ACD stops, and how that is confirmed (ACD-01). */

export const CONFIRMATIONS = [
  'turn-off-quality-management',
  'turn-off-voice',
  'turn-off-digital',
  'change-username',
  'change-organization',
  'change-api-url',
  'change-media-api-url',
  'change-client',
] as const;
export type Confirmation = (typeof CONFIRMATIONS)[number];

export interface Stop {
  confirm: Confirmation;
  field: string;
  /** What stops, for the person who confirms. */
  what: string;
}

export interface ChangeJudgement {
  stops: Stop[];
  /** Token or API key belong to what the ACD was before: they are dropped. Without a new key it is authorized anew. */
  dropsCredential: boolean;
}

export interface ChangeContext {
  authorization: AuthorizationState;
  /** A new API key comes with the change. */
  bringsApiKey: boolean;
}

/** What a change stops; nothing where it turns nothing off and the account stays the same. */
export function judgeChange(before: AcdSettings, after: AcdSettings, context: ChangeContext): ChangeJudgement {
  const moves = movesOf(before, after);
  // Nothing stops where nothing works yet.
  const confirmed = context.authorization === 'not-authorized' ? [] : moves;
  const how = context.bringsApiKey
    ? 'Work goes on with the API key that comes with the change.'
    : VARIANTS[after.variant].authorization === 'oauth'
      ? 'The tokens are dropped and work stops until the ACD is authorized again.'
      : 'The API key is dropped and work stops until one is sent.';
  return {
    dropsCredential: moves.length > 0,
    stops: [
      ...turnedOff(before, after),
      ...confirmed.map(({ confirm, field, from, to }) => ({
        confirm,
        field,
        what: `${field} changes from ${from} to ${to}. ${how}`,
      })),
    ],
  };
}

function turnedOff(before: AcdSettings, after: AcdSettings): Stop[] {
  const was = before.configuration.qualityManagement;
  const is = after.configuration.qualityManagement;
  const stops: Stop[] = [];
  if (was.enabled && !is.enabled) {
    stops.push({
      confirm: 'turn-off-quality-management',
      field: 'qualityManagement.enabled',
      what: 'No contacts are made any more: calls, chats and SMS conversations that end from now on are not recorded, imported or evaluated. What was imported stays.',
    });
    return stops;
  }
  if (was.voice && !is.voice) {
    stops.push({
      confirm: 'turn-off-voice',
      field: 'qualityManagement.voice',
      what: 'Calls that end from now on make no contacts, and their recordings are not imported. What was imported stays.',
    });
  }
  if (was.digital && !is.digital) {
    stops.push({
      confirm: 'turn-off-digital',
      field: 'qualityManagement.digital',
      what: 'Chats and SMS conversations that end from now on make no contacts. What was imported stays.',
    });
  }
  return stops;
}

interface Move {
  confirm: Confirmation;
  field: string;
  from: string | null;
  to: string | null;
}

/** What a credential is bound to: who, of which organization, presented where, got by which client. */
function movesOf(before: AcdSettings, after: AcdSettings): Move[] {
  const move = (confirm: Confirmation, field: 'username' | 'webexOrgId' | 'apiUrl' | 'mediaApiUrl' | 'clientRef') => ({
    confirm,
    field,
    from: before[field],
    to: after[field],
  });
  return [
    move('change-username', 'username'),
    move('change-organization', 'webexOrgId'),
    move('change-api-url', 'apiUrl'),
    move('change-media-api-url', 'mediaApiUrl'),
    move('change-client', 'clientRef'),
  ].filter(({ field, from, to }) =>
    // Of a tenant id nobody says that its case does not matter; a UUID is kept in lower case anyway.
    field === 'webexOrgId' ? from !== to : from?.toLowerCase() !== to?.toLowerCase(),
  );
}

/** The stops that were not confirmed, and the same as refusals of the field `confirm`. */
export function unconfirmed(stops: Stop[], given: readonly string[]): { confirm: Confirmation[]; refusals: Refusal[] } {
  const missing = stops.filter(({ confirm }) => !given.includes(confirm));
  return {
    confirm: missing.map(({ confirm }) => confirm),
    refusals: missing.map(({ confirm, field, what }) => ({
      field,
      reason: what,
      remedy: `If that is meant, send it again with “${confirm}” in \`confirm\`.`,
    })),
  };
}

/** Another form cannot be made of an ACD: the ids of its users and its credentials are of another kind. */
export function refusalsOfTypeChange(before: AcdSettings, after: AcdSettings): Refusal[] {
  const [was, is] = [VARIANTS[before.variant], VARIANTS[after.variant]];
  if (was.acdType === is.acdType) return [];
  return [
    {
      field: 'variant',
      reason: `An ACD of the type “${was.acdType}” (${before.variant}) cannot become one of “${is.acdType}” (${after.variant}).`,
      remedy: 'Delete this ACD, which frees its name and its organization, and create one of the other type.',
    },
  ];
}
