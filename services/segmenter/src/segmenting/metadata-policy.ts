import type { ContactSegmented, TaskEnded } from '@wxcc-wfo/contracts';

/** The guide's values of a mapped call type: "Map metadata in Webex WFO". */
const CALL_TYPE_VALUES: Record<ContactSegmented['callType'], string> = {
  'customer-segment': 'Customer segment',
  consult: 'Consult',
};

/**
 * A contact's metadata (CAP-04): what the task says, and the contact's own call type under the label that its kind is
 * mapped to. A value that another field has under that label gives way to it.
 */
export function metadataOf(
  { metadata, callTypeLabels }: Pick<TaskEnded, 'metadata' | 'callTypeLabels'>,
  callType: ContactSegmented['callType'],
): ContactSegmented['metadata'] {
  const label = callType === 'consult' ? callTypeLabels?.consult : callTypeLabels?.customerSegment;
  if (label == null) return metadata;
  const own = { label, value: CALL_TYPE_VALUES[callType] };
  const isKnown = metadata.some((one) => one.label === label);
  return isKnown ? metadata.map((one) => (one.label === label ? own : one)) : [...metadata, own];
}
