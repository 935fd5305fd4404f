import { parseMetadataMapping } from '@wxcc-wfo/contracts';
import type { Refusal } from './refusal.ts';

/** What custom metadata may be mapped to which label (CAP-04); the grammar of the names is the contracts'. */

export interface MetadataMapping {
  acdMetadataName: string;
  metadataLabel: string;
}

const LONGEST_LABEL = 200;
const MANUAL =
  'Write <task or taskDetails>.<field>, <task or taskDetails>.<global variable>:<data type>, Customer segment or Consult.';

/** All refusals of a list of mappings; each names the entry, counted from 0, and the character, counted from 1. */
export function refusalsOfMappings(mappings: readonly MetadataMapping[]): Refusal[] {
  const firstOf = new Map<string, number>();
  return mappings.flatMap((mapping, index) => {
    const at = `metadataMappings[${index}]`;
    const refusals = [...refusalsOfAcdMetadataName(mapping, at), ...refusalsOfLabel(mapping, at)];
    const first = firstOf.get(mapping.acdMetadataName);
    if (first === undefined) firstOf.set(mapping.acdMetadataName, index);
    else refusals.push(refuseRepeated(at, first));
    return refusals;
  });
}

function refusalsOfAcdMetadataName({ acdMetadataName }: MetadataMapping, at: string): Refusal[] {
  const parsed = parseMetadataMapping(acdMetadataName);
  if (parsed.ok) return [];
  return [
    {
      field: `${at}.acdMetadataName`,
      reason: `At character ${parsed.position}: ${parsed.reason}`,
      remedy: parsed.suggestion === undefined ? MANUAL : `Did you mean ${parsed.suggestion}?`,
    },
  ];
}

function refuseRepeated(at: string, first: number): Refusal {
  return {
    field: `${at}.acdMetadataName`,
    reason: `It is mapped already, by metadataMappings[${first}].`,
    remedy: 'Leave one of them out. Several names may share one label; one name has one label.',
  };
}

function refusalsOfLabel({ metadataLabel }: MetadataMapping, at: string): Refusal[] {
  const reason = reasonAgainstLabel(metadataLabel);
  if (reason === undefined) return [];
  const remedy = `Give the name of a metadata label of 1 to ${LONGEST_LABEL} characters.`;
  return [{ field: `${at}.metadataLabel`, reason, remedy }];
}

function reasonAgainstLabel(label: string): string | undefined {
  if (label === '') return 'The label is missing.';
  if (label.length > LONGEST_LABEL) return `The label is longer than ${LONGEST_LABEL} characters.`;
  if (label.trim() !== label) return 'The label begins or ends with white space.';
  if (/\p{Cc}|\p{Cs}/u.test(label)) return 'The label holds control characters or broken ones.';
  return undefined;
}
