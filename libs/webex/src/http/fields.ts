import { WebexError } from './webex-error.ts';

/** Called with a value that an enumeration of ours does not know; the value is carried on, never refused. */
export type OnUnknownValue = (field: string, value: string) => void;

export type Fields = Record<string, unknown>;

/**
 * Readers for one field of an answer, which was read by `parseStorableJson`. All accept what Webex was seen to send
 * (numbers as strings, -1 for "not yet") and fail with the field's path otherwise. Missing and null are the same here.
 */
export function objectAt(value: unknown, path: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  throw badField(path, 'an object', value);
}

export function optionalObject(value: unknown, path: string): Fields | null {
  return value === null || value === undefined ? null : objectAt(value, path);
}

/** A list; missing and null are an empty one, as list answers leave out empty array fields. */
export function listAt(value: unknown, path: string): unknown[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value;
  throw badField(path, 'a list', value);
}

/** A text; empty, missing and null are the same thing. */
export function textOf(fields: Fields, name: string, path: string): string | null {
  const value = fields[name];
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value === '' ? null : value;
  if (typeof value === 'number') return String(value);
  throw badField(`${path}.${name}`, 'a string', value);
}

export function requiredText(fields: Fields, name: string, path: string): string {
  const value = textOf(fields, name, path);
  if (value === null) throw badField(`${path}.${name}`, 'a non-empty string', fields[name]);
  return value;
}

export function flagOf(fields: Fields, name: string, path: string): boolean | null {
  const value = fields[name];
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 1) return true;
  if (value === 'false' || value === 0) return false;
  throw badField(`${path}.${name}`, 'true or false', value);
}

/** A number or a string of one; null when missing. */
export function numberOf(fields: Fields, name: string, path: string): number | null {
  const value = fields[name];
  if (value === null || value === undefined || value === '') return null;
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number === 'number' && Number.isFinite(number)) return number;
  throw badField(`${path}.${name}`, 'a number', value);
}

/** A count or a duration in ms; null when missing or negative (-1 stands for "not finished"). */
export function amountOf(fields: Fields, name: string, path: string): number | null {
  const value = numberOf(fields, name, path);
  return value === null || value < 0 ? null : Math.round(value);
}

/** Epoch ms from a number, a string of one or an ISO 8601 text; null when missing, 0 or -1. */
export function instantOf(fields: Fields, name: string, path: string): number | null {
  const value = fields[name];
  if (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}T/.test(value)) {
    const parsed = Date.parse(value);
    if (Number.isNaN(parsed)) throw badField(`${path}.${name}`, 'a time', value);
    return parsed;
  }
  const number = numberOf(fields, name, path);
  return number === null || number <= 0 ? null : Math.trunc(number);
}

export function requiredInstant(fields: Fields, name: string, path: string): number {
  const value = instantOf(fields, name, path);
  if (value === null) throw badField(`${path}.${name}`, 'epoch milliseconds', fields[name]);
  return value;
}

/** The configuration API documents its times as numbers, strings and placeholders: what is no time is not told. */
export function lenientInstant(value: unknown): number | null {
  try {
    return instantOf({ value }, 'value', '');
  } catch {
    return null;
  }
}

export function textsOf(fields: Fields, name: string, path: string): string[] {
  return listAt(fields[name], `${path}.${name}`).filter((entry): entry is string => typeof entry === 'string');
}

/** The error of a field that cannot be used: says where and what shape, never the value (it may be personal). */
export function badField(path: string, wanted: string, got: unknown): WebexError {
  const shape = got === null ? 'null' : Array.isArray(got) ? 'a list' : got === undefined ? 'nothing' : typeof got;
  return new WebexError(
    'invalid-answer',
    `The answer of Webex has ${shape} at ${path}, not ${wanted}. The answer cannot be used: report it`,
  );
}
