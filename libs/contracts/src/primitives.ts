import { type Static, Type } from 'typebox';

/** An id of ours or of Webex; Webex's ids are UUIDs by convention only, so they are plain strings. */
export const WebexId = Type.String({
  minLength: 1,
  maxLength: 200,
  description: 'An id that Webex Contact Center gave.',
});

/** Lower-case UUID. */
export const Uuid = Type.String({
  pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$',
  description: 'A lower-case UUID.',
});

/** Epoch milliseconds, UTC. The bound keeps seconds and microseconds from passing as milliseconds. */
export const EpochMs = Type.Integer({
  minimum: 946_684_800_000,
  maximum: 4_102_444_800_000,
  description: 'Epoch milliseconds, UTC.',
});

/** A duration in milliseconds. */
export const DurationMs = Type.Integer({ minimum: 0, description: 'A duration in milliseconds.' });

/** `schema` or null; the description is that of both together. */
export const Nullable = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description?: string) =>
  Type.Union([schema, Type.Null()], description === undefined ? {} : { description });

/** A thing of the tenant's directory as it was called when the fact was read. */
export const NamedRef = Type.Object(
  { id: WebexId, name: Nullable(Type.String({ maxLength: 500 })) },
  { description: 'Id and name of a queue, team, site or entry point at the time of reading.' },
);
export type NamedRef = Static<typeof NamedRef>;

/** What every event carries: whose it is. */
export const Ownership = {
  tenantId: { ...Uuid, description: 'The WFO tenant (not the Webex organization).' },
  acdId: { ...Uuid, description: 'The ACD connection, also called server id.' },
};

/** A set of strings that may grow: consumers must carry values that they do not know. */
export const ExtensibleEnum = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', 'x-extensible-enum': [...values], description });

/** A closed set of strings. */
export const ClosedEnum = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description });
