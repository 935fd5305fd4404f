import { ACD_VARIANTS, type AcdVariant } from '@wxcc-wfo/contracts';
import type { Refusal } from './refusal.ts';

/**
 * What each connection variant is and can do (ACD-02): the guide's "Version and feature availability", "Available
 * Features", "Configuration Procedures" and the two configuration forms as one table, which is shown and enforced.
 */

/** What an operator selects as "Select ACD". The guide calls every form with an API key by its first name. */
export const ACD_TYPES = ['Cisco Customer Journey Platform', 'Cisco Webex Contact Center 2.0'] as const;
export type AcdType = (typeof ACD_TYPES)[number];

export const CAPABILITIES = {
  stereoRecording: 'Stereo recording',
  audioPauseResume: 'Audio pause and resume',
  screenPauseResume: 'Screen recording pause and resume',
  customMetadata: 'Custom metadata',
  wrapUpCodes: 'Wrap-up codes',
  callAssociatedData: 'Call-associated data',
  digital: 'Digital (chat, SMS)',
  classicWfm: 'Classic WFM',
  newWfm: 'WFM (new WFM)',
} as const;
export type Capability = keyof typeof CAPABILITIES;

/** Fields that one form has and the other has not. All others belong to both. */
export const FORM_FIELDS = [
  'clientRef',
  'qualityManagement',
  'metadataMappings',
  'mediaApiUrl',
  'apiKey',
  'useCmsV2',
] as const;
export type FormField = (typeof FORM_FIELDS)[number];

export interface VariantTraits {
  acdType: AcdType;
  /** The column of the guide's table. */
  title: string;
  authorization: 'oauth' | 'api-key';
  /** The guide's tick "Cisco Webex Contact Center 1.0", which turns CMSv2 requests on. */
  useCmsV2: boolean;
  capabilities: Record<Capability, boolean>;
  formFields: readonly FormField[];
}

const FORM_1_0: readonly FormField[] = ['mediaApiUrl', 'apiKey', 'useCmsV2'];

export const VARIANTS: Record<AcdVariant, VariantTraits> = {
  '1.0-cmsv1': {
    acdType: 'Cisco Customer Journey Platform',
    title: 'CWCC 1.0 with legacy CMSv1 APIs',
    authorization: 'api-key',
    useCmsV2: false,
    formFields: FORM_1_0,
    capabilities: {
      stereoRecording: false,
      audioPauseResume: true,
      screenPauseResume: true,
      customMetadata: false,
      wrapUpCodes: false,
      callAssociatedData: false,
      digital: false,
      classicWfm: true,
      newWfm: false,
    },
  },
  '1.0-to-2.0-cmsv2': {
    acdType: 'Cisco Customer Journey Platform',
    title: 'CWCC 1.0 to 2.0 with CMSv2 APIs',
    authorization: 'api-key',
    useCmsV2: true,
    formFields: FORM_1_0,
    capabilities: {
      stereoRecording: true,
      audioPauseResume: true,
      screenPauseResume: true,
      customMetadata: false,
      wrapUpCodes: false,
      callAssociatedData: false,
      digital: false,
      classicWfm: true,
      newWfm: false,
    },
  },
  '2.0-cmsv1': {
    acdType: 'Cisco Customer Journey Platform',
    title: 'CWCC 2.0 with legacy CMSv1 APIs',
    authorization: 'api-key',
    useCmsV2: false,
    formFields: FORM_1_0,
    capabilities: {
      stereoRecording: true,
      audioPauseResume: true,
      screenPauseResume: false,
      customMetadata: false,
      wrapUpCodes: false,
      callAssociatedData: false,
      digital: false,
      classicWfm: true,
      newWfm: false,
    },
  },
  '2.0': {
    acdType: 'Cisco Webex Contact Center 2.0',
    title: 'CWCC 2.0 with Programmatic APIs',
    authorization: 'oauth',
    useCmsV2: false,
    formFields: ['clientRef', 'qualityManagement', 'metadataMappings'],
    capabilities: {
      stereoRecording: true,
      audioPauseResume: true,
      screenPauseResume: true,
      customMetadata: true,
      wrapUpCodes: true,
      callAssociatedData: true,
      digital: true,
      classicWfm: true,
      newWfm: true,
    },
  },
};

/** The variants that can do something, for the message of a refusal. */
export function variantsThatCan(capability: Capability): AcdVariant[] {
  return ACD_VARIANTS.filter((variant) => VARIANTS[variant].capabilities[capability]);
}

/** The variants whose form has a field. */
export function variantsWithField(field: FormField): AcdVariant[] {
  return ACD_VARIANTS.filter((variant) => VARIANTS[variant].formFields.includes(field));
}

/** What is sent of a form that says which variant is meant. */
export interface VariantChoice {
  type?: AcdType | null | undefined;
  variant?: AcdVariant | null | undefined;
  useCmsV2?: boolean | null | undefined;
}

/**
 * The variant that is meant. `variant` says it outright; the guide's way is the type and, in the 1.0 form, its tick.
 * Nothing said means the programmatic APIs. `2.0-cmsv1` has no tick of its own in the guide, so it must be named.
 */
export function chooseVariant(choice: VariantChoice): { variant: AcdVariant; refusals: Refusal[] } {
  const { type, useCmsV2 } = choice;
  const variant = choice.variant ?? variantOfType(type, useCmsV2);
  const traits = VARIANTS[variant];
  const refusals: Refusal[] = [];
  if (type && type !== traits.acdType) {
    refusals.push({
      field: 'type',
      reason: `The variant ${variant} is of the type “${traits.acdType}”, not “${type}”.`,
      remedy: 'Leave the type out, or choose a variant of it (GET /v1/variants).',
    });
  }
  if (typeof useCmsV2 === 'boolean' && traits.formFields.includes('useCmsV2') && useCmsV2 !== traits.useCmsV2) {
    refusals.push({
      field: 'useCmsV2',
      reason: `The variant ${variant} speaks the ${traits.useCmsV2 ? 'CMSv2' : 'CMSv1'} APIs, but useCmsV2 is ${useCmsV2}.`,
      remedy: 'Leave useCmsV2 out where the variant is named, or leave the variant out.',
    });
  }
  return { variant, refusals };
}

function variantOfType(type: AcdType | null | undefined, useCmsV2: boolean | null | undefined): AcdVariant {
  if (type === 'Cisco Customer Journey Platform') return useCmsV2 ? '1.0-to-2.0-cmsv2' : '1.0-cmsv1';
  return '2.0';
}

/**
 * Whether type and tick say what a variant is already; null stands for their defaults. It stays then: `2.0-cmsv1`, which
 * has both in common with `1.0-cmsv1`, must not become that one because they were sent back as they were shown.
 */
export function saysVariant(variant: AcdVariant, { type, useCmsV2 }: VariantChoice): boolean {
  const traits = VARIANTS[variant];
  const isType = type === undefined || VARIANTS[variantOfType(type, false)].acdType === traits.acdType;
  return isType && (useCmsV2 === undefined || (useCmsV2 ?? false) === traits.useCmsV2);
}

/** What is refused because another variant has the field, or because this one can't do it. */
export function refusalsOfVariant(variant: AcdVariant, sent: SentFormFields): Refusal[] {
  const refusals: Refusal[] = [];
  for (const field of FORM_FIELDS) {
    if (VARIANTS[variant].formFields.includes(field) || isNeutral(field, sent[field])) continue;
    const capability = CAPABILITY_OF_FIELD[field];
    const asks = capability?.asks(sent) ? capability.capability : undefined;
    refusals.push(asks ? cannot(variant, asks.field, asks.capability) : foreignField(variant, field));
  }
  return refusals;
}

/** The fields of one form only, as they were sent; null and undefined stand for "left out". */
export interface SentFormFields {
  clientRef?: unknown;
  qualityManagement?: { enabled?: boolean; voice?: boolean; digital?: boolean } | null | undefined;
  metadataMappings?: readonly unknown[] | null | undefined;
  mediaApiUrl?: unknown;
  apiKey?: unknown;
  useCmsV2?: boolean | null | undefined;
}

/** Fields of a form that stand for something that other variants can't do at all. */
const CAPABILITY_OF_FIELD: Partial<
  Record<FormField, { asks(sent: SentFormFields): boolean; capability: { field: string; capability: Capability } }>
> = {
  qualityManagement: {
    asks: ({ qualityManagement }) => qualityManagement?.digital === true,
    capability: { field: 'qualityManagement.digital', capability: 'digital' },
  },
  metadataMappings: {
    asks: () => true,
    capability: { field: 'metadataMappings', capability: 'customMetadata' },
  },
};

/** What a variant without the field would be shown with, so that what was read can be sent back. */
function isNeutral(field: FormField, value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (field === 'useCmsV2') return value === false;
  if (field === 'metadataMappings') return Array.isArray(value) && value.length === 0;
  if (field !== 'qualityManagement') return false;
  const {
    enabled = true,
    voice = true,
    digital = false,
  } = value as { enabled?: boolean; voice?: boolean; digital?: boolean };
  return enabled && voice && !digital;
}

function cannot(variant: AcdVariant, field: string, capability: Capability): Refusal {
  const able = variantsThatCan(capability);
  return {
    field,
    reason: `${CAPABILITIES[capability]}: not available in the variant ${variant} (${VARIANTS[variant].title}).`,
    remedy: `Leave it out, or connect the organization by ${listed(able.map((one) => `${one} (${VARIANTS[one].title})`))}.`,
  };
}

function foreignField(variant: AcdVariant, field: FormField): Refusal {
  const others = variantsWithField(field);
  const types = [...new Set(others.map((one) => VARIANTS[one].acdType))];
  return {
    field,
    reason: `It belongs to the form “${types.join('”, “')}” (${others.join(', ')}), not to the variant ${variant}.`,
    remedy: `Leave it out, or choose ${others.length > 1 ? 'one of these variants' : `the variant ${others[0]}`}.`,
  };
}

/** What is saved all the same and does less than it seems to (SEG-12). */
export function warningsOfVariant(variant: AcdVariant, configuration: { rteMessaging: boolean }): Refusal[] {
  if (!configuration.rteMessaging || VARIANTS[variant].capabilities.screenPauseResume) return [];
  return [
    {
      field: 'rteMessaging',
      reason: `${CAPABILITIES.screenPauseResume} is not available in the variant ${variant} (${VARIANTS[variant].title}): what an agent pauses is not blanked in the recorded screen.`,
      remedy: `Record screens only where nothing needs to be paused, or connect the organization by ${listed(variantsThatCan('screenPauseResume'))}.`,
    },
  ];
}

const listed = (names: readonly string[]) =>
  names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
