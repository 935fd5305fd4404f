import type { OnUnknownValue } from '../http/fields.ts';

/**
 * Words that Webex's documents, samples and data dictionary show, in lower case. Nothing here decides by them: they are
 * carried on as they come, and one that is new is reported. `transferType` is not among them: no value of it is published.
 */
const KNOWN = {
  status: ['new', 'created', 'parked', 'connected', 'ended'],
  channelSubType: ['facebook', 'sms', 'whatsapp'],
  terminationType: ['normal', 'abandoned', 'self_service', 'sudden_disconnect'],
  terminatingEnd: ['customer', 'caller', 'agent', 'system'],
  contactHandleType: ['normal', 'short', 'abandoned'],
} as const satisfies Record<string, readonly string[]>;

/** Gives the value as it came, and reports one that no document shows. */
export function noting(field: keyof typeof KNOWN, value: string | null, onUnknown: OnUnknownValue): string | null {
  const known: readonly string[] = KNOWN[field];
  if (value !== null && !known.includes(value.toLowerCase())) onUnknown(field, value);
  return value;
}
