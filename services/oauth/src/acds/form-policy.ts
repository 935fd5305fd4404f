import type { AcdVariant } from '@wxcc-wfo/contracts';
import type { Acd, AcdConfiguration } from './acd.ts';
import { completeQualityManagement, isUuid, refusalsOfAcd } from './acd-policy.ts';
import { expandApiUrl } from './api-url-policy.ts';
import type { Refusal } from './refusal.ts';
import { type AcdType, chooseVariant, refusalsOfVariant, saysVariant, VARIANTS } from './variant-policy.ts';

/** The form of an ACD as it is sent: what is left out, or null, takes its default. */
export interface AcdForm {
  type?: AcdType | null;
  variant?: AcdVariant | null;
  useCmsV2?: boolean | null;
  name: string;
  clientRef?: string | null;
  username: string;
  apiUrl: string;
  mediaApiUrl?: string | null;
  apiKey?: string | null;
  webexOrgId: string;
  qualityManagement?: { enabled?: boolean; voice?: boolean; digital?: boolean } | null;
  metadataMappings?: { acdMetadataName: string; metadataLabel: string }[] | null;
  synchronizationIntervalMinutes?: number | null;
  captureDelayMinutes?: number | null;
  dataRecapture?: { timeOfDay: string; timeZone: string } | null;
  rteMessaging?: boolean | null;
  acdFiltering?: unknown;
}

/** What an operator sets of an ACD. The API key is not among it: it is kept sealed, elsewhere. */
export type AcdSettings = Pick<
  Acd,
  'variant' | 'clientRef' | 'name' | 'webexOrgId' | 'username' | 'apiUrl' | 'mediaApiUrl' | 'configuration'
>;

/** The settings that a form means and everything that is wrong with it, at once; with refusals they may not be saved. */
export function settingsOf(
  form: AcdForm,
  mayCall: (url: string) => boolean,
): { settings: AcdSettings; refusals: Refusal[] } {
  const { variant, refusals } = chooseVariant(form);
  const byOAuth = VARIANTS[variant].authorization === 'oauth';
  const settings: AcdSettings = {
    variant,
    clientRef: byOAuth ? (form.clientRef ?? null) : null,
    name: form.name,
    webexOrgId: organizationOf(form.webexOrgId),
    username: form.username,
    apiUrl: byOAuth ? expandApiUrl(form.apiUrl) : withoutTrailingSlash(form.apiUrl),
    mediaApiUrl: byOAuth || !form.mediaApiUrl ? null : withoutTrailingSlash(form.mediaApiUrl),
    configuration: configurationOf(form, byOAuth),
  };
  return {
    settings,
    refusals: [
      ...refusals,
      ...refusalsOfVariant(variant, form),
      ...refusalsOfAcd(
        {
          ...settings,
          ...settings.configuration,
          ...('acdFiltering' in form ? { acdFiltering: form.acdFiltering } : {}),
        },
        mayCall,
      ),
    ],
  };
}

/** The 1.0 form has no products and no mappings: there calls are ingested, and nothing else. */
function configurationOf(form: AcdForm, byOAuth: boolean): AcdConfiguration {
  return {
    qualityManagement: completeQualityManagement(byOAuth ? (form.qualityManagement ?? undefined) : undefined),
    metadataMappings: byOAuth ? (form.metadataMappings ?? []) : [],
    synchronizationIntervalMinutes: form.synchronizationIntervalMinutes ?? 30,
    captureDelayMinutes: form.captureDelayMinutes ?? 15,
    dataRecapture: form.dataRecapture ?? null,
    rteMessaging: form.rteMessaging ?? false,
  };
}

/** The form that an ACD would be sent with; the API key is not in it. */
export function formOf(settings: AcdSettings): AcdForm {
  // Picked one by one: a whole ACD may be given, and its other fields are no form's.
  const { variant, clientRef, name, username, webexOrgId, apiUrl, mediaApiUrl } = settings;
  const { qualityManagement, metadataMappings, ...common } = settings.configuration;
  const byOAuth = VARIANTS[variant].authorization === 'oauth';
  return {
    ...{ variant, clientRef, name, username, webexOrgId, apiUrl, mediaApiUrl },
    ...common,
    ...(byOAuth ? { qualityManagement, metadataMappings } : {}),
  };
}

/**
 * A form with some fields changed (JSON merge patch, RFC 7396): null takes a field back to its default, an object is
 * merged, a list is replaced. Who changes the tick or the type means another variant than the one at hand.
 */
export function mergedForm(form: AcdForm, patch: Partial<AcdForm>): AcdForm {
  const choosesAnew = patch.variant === undefined && form.variant && !saysVariant(form.variant, patch);
  const base: AcdForm = choosesAnew ? { ...form, variant: null, type: VARIANTS[form.variant!].acdType } : form;
  const qualityManagement = mergedProducts(base.qualityManagement, patch.qualityManagement);
  return { ...base, ...patch, ...(patch.qualityManagement ? { qualityManagement } : {}) } as AcdForm;
}

/**
 * A form that replaces the one at hand whole. Who names neither variant nor type means the one at hand, and so does who
 * says of both what it is.
 */
export function wholeForm(form: AcdForm, variant: AcdVariant): AcdForm {
  if (form.variant) return form;
  const useCmsV2 = form.useCmsV2 ?? (form.type ? false : undefined);
  if (saysVariant(variant, { type: form.type ?? undefined, useCmsV2 })) return { ...form, variant };
  return { ...form, type: form.type ?? VARIANTS[variant].acdType };
}

/** Who turns Quality Management itself on or off means the boxes under it too. */
function mergedProducts(
  base: AcdForm['qualityManagement'],
  patch: AcdForm['qualityManagement'],
): AcdForm['qualityManagement'] {
  const switches = patch?.enabled !== undefined && patch.enabled !== base?.enabled;
  return switches ? patch : { ...base, ...patch };
}

/** A UUID is the same in either case; of another tenant id nobody says so. */
const organizationOf = (id: string) => (isUuid(id) ? id.toLowerCase() : id);

const withoutTrailingSlash = (url: string) => url.trim().replace(/\/+$/, '');
