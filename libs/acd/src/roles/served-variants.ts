import { ACD_VARIANTS, type AcdVariant, type DataServerRole } from '@wxcc-wfo/contracts';

/**
 * The connection variants (ACD-02) whose APIs the services of this release speak in each role. Tasks can be searched and
 * captures listed by the programmatic APIs only; sync says itself, run by run, what is not published for a variant.
 */
export const SERVED_VARIANTS: Readonly<Record<DataServerRole, readonly AcdVariant[]>> = {
  sync: ACD_VARIANTS,
  capture: ['2.0'],
  realTimeEvents: ACD_VARIANTS,
  mediaImport: ['2.0'],
};

/** Why nobody works in a role for ACDs of a variant, in words; null: it is served. */
export function whyNotServed(
  role: DataServerRole,
  variant: AcdVariant,
): { code: 'variant-not-served'; reason: string; remedy: string } | null {
  const served = SERVED_VARIANTS[role];
  if (served.includes(variant)) return null;
  return {
    code: 'variant-not-served',
    reason: `The role ${role} is not available for the variant ${variant}: this release works in it for ${served.join(', ')} only.`,
    remedy: 'Connect the organization by the 2.0 programmatic APIs (variant 2.0, GET /v1/variants of oauth).',
  };
}
