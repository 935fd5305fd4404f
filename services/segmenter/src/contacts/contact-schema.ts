import {
  CALL_TYPES,
  CHANNELS,
  type ContactSegmented,
  DIRECTIONS,
  GOLDEN_EXAMPLES,
  UPLOAD_STATES,
} from '@wxcc-wfo/contracts';
import { type Static, Type } from 'typebox';

const iso = (ms: number): string => new Date(ms).toISOString();
const Time = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} UTC, ISO 8601.` });
const OrNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T, description: string) =>
  Type.Union([schema, Type.Null()], { description });
const OneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description });
const named = (what: string) => ({
  id: Type.String({ description: `The ${what}, by its id in Webex Contact Center.` }),
  name: OrNull(Type.String(), 'What it was called then; null: the ACD did not say.'),
});
const Upload = (what: string) =>
  Type.Object(
    {
      state: OneOf(UPLOAD_STATES, 'Whether there is a file, may still be one, or never will be (MED-02).'),
      reason: OrNull(Type.String(), 'Why there will be no file; null in the other states.'),
    },
    { description: what },
  );

const summary = {
  contactId: Type.String({ format: 'uuid', description: 'The contact. The same in all its versions.' }),
  associatedContactId: Type.String({ description: 'Shared by all contacts of one call (SEG-01).' }),
  acdId: Type.String({ format: 'uuid', description: 'The ACD it was taken from.' }),
  version: Type.Integer({ description: 'Grows by one whenever anything about the contact changes.' }),
  contactType: OneOf(CHANNELS, 'Voice, chat, SMS …'),
  callType: OneOf(CALL_TYPES, 'The customer’s call ("Customer segment") or a consultation ("Consult").'),
  direction: OneOf(DIRECTIONS, 'Who began the task.'),
  agent: Type.Object(named('agent'), { description: 'Who had the contact.' }),
  team: OrNull(Type.Object(named('team')), 'The agent’s team then; null: not known.'),
  queue: OrNull(Type.Object(named('queue')), 'The queue it came from; null: none, or not known.'),
  callingNumber: OrNull(Type.String(), 'Who called (ANI); null: not known.'),
  calledNumber: OrNull(Type.String(), 'What was called (DNIS); null: not known.'),
  startedAt: Time('When the agent began, inclusive.'),
  endedAt: Time('When the agent ended, exclusive.'),
  durationMs: Type.Integer({ description: 'From start to end in milliseconds.' }),
  audio: Upload('Its audio.'),
  screen: Upload('Its screen recording.'),
};

/** The contact of the event's own example. */
const example = GOLDEN_EXAMPLES['contact-segmented'].valid[0]!.payload as ContactSegmented;

export const ContactSummary = Type.Object(summary);
export type ContactSummary = Static<typeof ContactSummary>;

const Silence = Type.Object({
  startedAt: Time('Inclusive.'),
  endedAt: Time('Exclusive.'),
  reason: Type.String({ description: 'hold: the customer was on hold. Other reasons may come.' }),
});
const Metadata = Type.Object({
  label: Type.String({ description: 'As the mapping of the ACD names it.' }),
  value: OrNull(Type.String(), 'Null: the call has no value for it.'),
});

const details = {
  ...summary,
  superseded: Type.Boolean({ description: 'True when a correction of the call removed this contact.' }),
  replacedBy: OrNull(Type.String({ format: 'uuid' }), 'The contact that has its time now; null: none.'),
  segmentedAt: Time('When this version was made.'),
  silences: Type.Array(Silence, { description: 'Where the contact is silent by rule.' }),
  metadata: Type.Array(Metadata, { description: 'Mapped metadata (CAP-04), in the order of the mappings.' }),
  associatedContacts: Type.Array(ContactSummary, { description: 'The other contacts of the same call, oldest first.' }),
};
const Details = Type.Object(details);
export type ContactDetails = Static<typeof Details>;
export const ContactDetails = Type.Object(details, {
  description: 'The contact as its latest version has it.',
  examples: [detailsOf(example, [])],
});

export const ContactParams = Type.Object({ contactId: Type.String({ format: 'uuid', description: 'The contact.' }) });

const Exactly = (maxLength: number, description: string) => Type.String({ minLength: 1, maxLength, description });

export const ContactQuery = Type.Object(
  {
    contactType: Type.Optional(OneOf(CHANNELS, 'Only contacts of this kind.')),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Only contacts that began then or later.' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Only contacts that began before that.' })),
    agentId: Type.Optional(Exactly(200, 'Only contacts of this agent, by the id in Webex.')),
    teamId: Type.Optional(Exactly(200, 'Only contacts of this team, by the id in Webex.')),
    queueId: Type.Optional(Exactly(200, 'Only contacts from this queue, by the id in Webex.')),
    callingNumber: Type.Optional(Exactly(500, 'Only contacts with exactly this calling number (ANI).')),
    calledNumber: Type.Optional(Exactly(500, 'Only contacts with exactly this called number (DNIS).')),
    audioState: Type.Optional(OneOf(UPLOAD_STATES, 'Only contacts whose audio is in this state (MED-02).')),
    associatedContactId: Type.Optional(Exactly(200, 'Only contacts of this call.')),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 200, default: 50, description: 'At most so many.' })),
    cursor: Type.Optional(Type.String({ maxLength: 500, description: '`nextCursor` of the page before.' })),
  },
  { additionalProperties: false },
);
export type ContactQuery = Static<typeof ContactQuery>;

export const ContactPage = Type.Object(
  {
    items: Type.Array(ContactSummary, { description: 'The contacts.' }),
    nextCursor: OrNull(Type.String(), 'Send it as `cursor` for the next page; null: this is the last one.'),
  },
  { description: 'A page, newest first.', examples: [{ items: [summaryOf(example)], nextCursor: null }] },
);

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
