import { CALL_TYPES, CHANNELS, type ContactSegmented, DIRECTIONS, UPLOAD_STATES } from '@wxcc-wfo/contracts';
import { type Static, Type } from 'typebox';

const Time = Type.String({ format: 'date-time', description: 'ISO 8601, UTC.' });
const OrNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const OneOf = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], ...(description && { description }) });
const Named = OrNull(Type.Object({ id: Type.String(), name: OrNull(Type.String()) }));
const Upload = Type.Object({
  state: OneOf(UPLOAD_STATES),
  reason: OrNull(Type.String({ description: 'Why there will be no file.' })),
});

const summary = {
  contactId: Type.String({ format: 'uuid' }),
  associatedContactId: Type.String({ description: 'Shared by all contacts of one call (SEG-01).' }),
  acdId: Type.String({ format: 'uuid' }),
  version: Type.Integer(),
  contactType: OneOf(CHANNELS),
  callType: OneOf(CALL_TYPES),
  direction: OneOf(DIRECTIONS),
  agent: Type.Object({ id: Type.String(), name: OrNull(Type.String()) }),
  team: Named,
  queue: Named,
  callingNumber: OrNull(Type.String()),
  calledNumber: OrNull(Type.String()),
  startedAt: Time,
  endedAt: Time,
  durationMs: Type.Integer(),
  audio: Upload,
  screen: Upload,
};

export const ContactSummary = Type.Object(summary);
export type ContactSummary = Static<typeof ContactSummary>;

export const ContactDetails = Type.Object({
  ...summary,
  superseded: Type.Boolean({ description: 'True when a correction of the call removed this contact.' }),
  replacedBy: OrNull(Type.String({ format: 'uuid' })),
  segmentedAt: Time,
  silences: Type.Array(Type.Object({ startedAt: Time, endedAt: Time, reason: Type.String() }), {
    description: 'Where the contact is silent by rule.',
  }),
  metadata: Type.Array(Type.Object({ label: Type.String(), value: OrNull(Type.String()) })),
  associatedContacts: Type.Array(ContactSummary, { description: 'The other contacts of the same call, oldest first.' }),
});
export type ContactDetails = Static<typeof ContactDetails>;

export const ContactParams = Type.Object({ contactId: Type.String({ format: 'uuid' }) });

export const ContactQuery = Type.Object(
  {
    contactType: Type.Optional(OneOf(CHANNELS, 'Only contacts of this kind.')),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Only contacts that began then or later.' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Only contacts that began before that.' })),
    agentId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    teamId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    queueId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    callingNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    calledNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 500 })),
    audioState: Type.Optional(OneOf(UPLOAD_STATES)),
    associatedContactId: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50 })),
    cursor: Type.Optional(Type.String({ maxLength: 500, description: '`nextCursor` of the page before.' })),
  },
  { additionalProperties: false },
);
export type ContactQuery = Static<typeof ContactQuery>;

export const ContactPage = Type.Object({
  items: Type.Array(ContactSummary),
  nextCursor: OrNull(Type.String({ description: 'Null on the last page.' })),
});

const iso = (ms: number): string => new Date(ms).toISOString();

export function summaryOf(contact: ContactSegmented): ContactSummary {
  const { contactId, associatedContactId, acdId, version, contactType, callType, direction, team, queue } = contact;
  return {
    contactId,
    associatedContactId,
    acdId,
    version,
    contactType,
    callType,
    direction,
    agent: { id: contact.agent.id, name: contact.agent.name },
    team,
    queue,
    callingNumber: contact.callingNumber,
    calledNumber: contact.calledNumber,
    startedAt: iso(contact.startedAtMs),
    endedAt: iso(contact.endedAtMs),
    durationMs: contact.durationMs,
    audio: { state: contact.audio.state, reason: contact.audio.reason },
    screen: contact.screen,
  };
}

export function detailsOf(contact: ContactSegmented, associated: readonly ContactSegmented[]): ContactDetails {
  return {
    ...summaryOf(contact),
    superseded: contact.superseded,
    replacedBy: contact.replacedBy,
    segmentedAt: iso(contact.segmentedAtMs),
    silences: contact.silences.map(({ startMs, endMs, reason }) => ({
      startedAt: iso(startMs),
      endedAt: iso(endMs),
      reason,
    })),
    metadata: contact.metadata,
    associatedContacts: associated.map(summaryOf),
  };
}
