import {
  type AcdChanged,
  keyOfMetadataField,
  type MappedCallType,
  type MetadataField,
  parseMetadataMapping,
  type TaskEnded,
} from '@wxcc-wfo/contracts';

/** What an ACD's metadata mappings (CAP-04) ask of each task, and what they make of the answer. */

export type MetadataMapping = AcdChanged['metadataMappings'][number];

/** One mapping as its grammar reads it. */
export type ReadMapping = MetadataMapping &
  (
    | { kind: 'field'; key: string; field: MetadataField }
    | { kind: 'call-type'; callType: MappedCallType }
    /** The grammar does not know it, which oauth refuses: it is of a configuration from elsewhere, and does nothing. */
    | { kind: 'refused'; reason: string; suggestion?: string }
  );

export function readMappings(mappings: readonly MetadataMapping[]): ReadMapping[] {
  return mappings.map((mapping) => {
    const parsed = parseMetadataMapping(mapping.acdMetadataName);
    if (!parsed.ok) {
      const { position, reason, suggestion } = parsed;
      return {
        ...mapping,
        kind: 'refused',
        reason: `At character ${position}: ${reason}`,
        ...(suggestion === undefined ? {} : { suggestion }),
      };
    }
    if (parsed.mapping.kind === 'call-type') return { ...mapping, ...parsed.mapping };
    return { ...mapping, kind: 'field', key: keyOfMetadataField(parsed.mapping), field: parsed.mapping };
  });
}

/** The fields to ask for, each once: both prefixes read the same task. */
export function fieldsOf(mappings: readonly ReadMapping[]): Map<string, MetadataField> {
  return new Map(mappings.flatMap((mapping) => (mapping.kind === 'field' ? [[mapping.key, mapping.field]] : [])));
}

export type MappedMetadata = Pick<TaskEnded, 'metadata' | 'callTypeLabels'>;

/**
 * A task's values under their labels, labels in the order in which the mappings name them first. Of several names with
 * one label the first that has a value gives it. A call type has a value in every contact of its kind, so it gives way
 * only to a field before it; which contacts those are is the segmenter's to say.
 */
export function labelValues(
  mappings: readonly ReadMapping[],
  values: Readonly<Record<string, string>>,
): MappedMetadata {
  const labelled = new Map<string, string | null>();
  const callTypes = new Map<MappedCallType, string>();
  for (const mapping of mappings) {
    const label = mapping.metadataLabel;
    const known = labelled.get(label) ?? null;
    if (mapping.kind === 'field') labelled.set(label, known ?? values[mapping.key] ?? null);
    if (mapping.kind === 'call-type' && known === null) callTypes.set(mapping.callType, label);
  }
  const metadata = [...labelled].map(([label, value]) => ({ label, value }));
  if (callTypes.size === 0) return { metadata };
  const customerSegment = callTypes.get('Customer segment') ?? null;
  return { metadata, callTypeLabels: { customerSegment, consult: callTypes.get('Consult') ?? null } };
}

/** A field that was refused is asked for again after this long: Webex adds fields now and then. */
export const ASK_AGAIN_AFTER_MS = 86_400_000;

/** When the ACD refused a field, for the first and the last time. */
export interface NotOffered {
  reason: string;
  firstRefusedAtMs: number;
  lastRefusedAtMs: number;
}

export const isLeftOut = (refused: NotOffered | undefined, nowMs: number): boolean =>
  refused !== undefined && nowMs - refused.lastRefusedAtMs < ASK_AGAIN_AFTER_MS;
