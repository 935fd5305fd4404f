import { nearestOf } from './nearest.ts';
import { type FieldMapping, readField } from './read-field.ts';
import { type GlobalVariableMapping, readGlobalVariable } from './read-global-variable.ts';
import { type Reading, refuse } from './reading.ts';
import { MAPPING_PREFIXES } from './task-fields.ts';

/** The two names that are no fields: they map the call type of the contacts themselves. */
export const MAPPED_CALL_TYPES = ['Customer segment', 'Consult'] as const;
export type MappedCallType = (typeof MAPPED_CALL_TYPES)[number];

/** What is read of a task for a mapping: one of its fields, or a global variable of its flow. */
export type MetadataField = FieldMapping | GlobalVariableMapping;

/** What an ACD metadata name means: something of the task, or the call type of its contacts. */
export type ParsedMapping = MetadataField | { kind: 'call-type'; callType: MappedCallType };

export type MetadataMappingResult =
  | { ok: true; mapping: ParsedMapping }
  /** `position` counts characters from 1; `suggestion` is a name that would be accepted. */
  | { ok: false; reason: string; position: number; suggestion?: string };

/** Longer than any field, prefix and global variable's name together. */
export const LONGEST_ACD_METADATA_NAME = 300;

/**
 * Reads an ACD metadata name by the guide's grammar (CAP-04):
 *
 *     <task or taskDetails>.<field>
 *     <task or taskDetails>.<level one>.<level two>            and one level more for channelMetaData.email
 *     <task or taskDetails>.<global variable>:<data type>
 *     Customer segment | Consult
 *
 * Case-sensitive and without spaces, the literal `Customer segment` excepted. It never throws.
 */
export function parseMetadataMapping(acdMetadataName: string): MetadataMappingResult {
  const reading = read(acdMetadataName);
  if (reading.ok) return reading;
  const suggestion = firstAccepted(reading.candidates, 2);
  const { reason, position } = reading;
  return { ok: false, reason, position, ...(suggestion === undefined ? {} : { suggestion }) };
}

/** The name that a mapping was read from. */
export function formatMetadataMapping(mapping: ParsedMapping): string {
  if (mapping.kind === 'call-type') return mapping.callType;
  if (mapping.kind === 'field') return [mapping.prefix, ...mapping.path].join('.');
  return `${mapping.prefix}.${mapping.name}:${mapping.type}`;
}

/** Names a field without its prefix, as both prefixes read the same task: `owner.name`, `Global_VoiceName:String`. */
export function keyOfMetadataField(field: MetadataField): string {
  return field.kind === 'field' ? field.path.join('.') : `${field.name}:${field.type}`;
}

/** A candidate may hold a second mistake, for which it has candidates of its own. */
function firstAccepted(candidates: readonly string[], depth: number): string | undefined {
  for (const candidate of candidates) {
    const reading = read(candidate);
    if (reading.ok) return candidate;
    const better = depth > 0 ? firstAccepted(reading.candidates, depth - 1) : undefined;
    if (better !== undefined) return better;
  }
  return undefined;
}

function read(name: string): Reading<ParsedMapping> {
  const callType = MAPPED_CALL_TYPES.find((literal) => literal === name);
  if (callType) return { ok: true, mapping: { kind: 'call-type', callType } };
  if (name === '') return refuse(0, 'It is empty.');
  if (name.length > LONGEST_ACD_METADATA_NAME) {
    return refuse(LONGEST_ACD_METADATA_NAME, `It is longer than ${LONGEST_ACD_METADATA_NAME} characters.`);
  }
  const almostCallType = name.includes('.') ? undefined : callTypeLike(name);
  if (almostCallType) {
    return refuse(firstDifference(name, almostCallType), `It is almost, and not exactly, "${almostCallType}".`, [
      almostCallType,
    ]);
  }
  const space = name.search(/\s/);
  if (space >= 0) {
    const without = name.replace(/\s+/g, '');
    return refuse(space, 'It holds a space or another blank; only "Customer segment" is written with one.', [without]);
  }
  return readPrefixed(name);
}

function readPrefixed(name: string): Reading<ParsedMapping> {
  const dot = name.indexOf('.');
  const given = dot < 0 ? name : name.slice(0, dot);
  const prefix = MAPPING_PREFIXES.find((known) => known === given);
  if (!prefix) return refusePrefix(name, given);
  const rest = dot < 0 ? '' : name.slice(dot + 1);
  const from = prefix.length + 1;
  if (rest === '')
    return refuse(prefix.length, `Nothing follows the prefix ${prefix}: the name of a field is missing.`);
  const colon = rest.indexOf(':');
  return colon < 0 ? readField({ prefix, rest, from }) : readGlobalVariable({ prefix, rest, from, colon });
}

function refusePrefix(name: string, given: string): Reading<ParsedMapping> {
  const reason = 'It begins neither with "task." nor with "taskDetails.".';
  const meant = nearestOf(given, MAPPING_PREFIXES);
  if (meant) return refuse(0, reason, [meant + name.slice(given.length)]);
  // Written without a prefix: the guide shows fields under taskDetails and global variables under task.
  return refuse(0, reason, [name.includes(':') ? `task.${name}` : `taskDetails.${name}`]);
}

function callTypeLike(name: string): MappedCallType | undefined {
  const plain = name.replace(/[\s_-]+/g, ' ').trim();
  return nearestOf(plain, MAPPED_CALL_TYPES);
}

function firstDifference(a: string, b: string): number {
  let i = 0;
  while (i < a.length && a[i] === b[i]) i += 1;
  return i;
}
