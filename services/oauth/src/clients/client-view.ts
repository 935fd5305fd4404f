import { type Static, Type } from 'typebox';
import { PLAIN_TEXT } from '../acds/acd-schema.ts';
import type { OAuthClientRecord } from './client-repository.ts';

/** Client records as they are sent and shown; the secret is only ever sent. */

const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: PLAIN_TEXT, description });

export const CreateClient = Type.Object(
  {
    name: text(200, 'Unique among the tenant’s clients.'),
    clientId: text(500, 'Client id of the Webex integration.'),
    clientSecret: text(1000, 'Its secret; stored sealed, never shown.'),
  },
  {
    additionalProperties: false,
    examples: [{ name: 'Webex integration', clientId: 'C0ffee', clientSecret: 'as Webex shows it, once' }],
  },
);
export type CreateClient = Static<typeof CreateClient>;

export const PatchClient = Type.Object(
  {
    name: Type.Optional(text(200, 'Unique among the tenant’s clients. Default: as it is.')),
    clientSecret: Type.Optional(text(1000, 'A new secret; stored sealed, never shown. Default: as it is.')),
  },
  { additionalProperties: false, examples: [{ clientSecret: 'as Webex shows it, once' }] },
);
export type PatchClient = Static<typeof PatchClient>;

const clientFields = {
  clientRef: Type.String({ description: 'What an ACD names to use this client.' }),
  revision: Type.Integer({ description: 'Grows with every change; the ETag.' }),
  name: Type.String({ description: 'Unique among the tenant’s clients.' }),
  clientId: Type.String({ description: 'Client id of the Webex integration.' }),
  createdAt: Type.String({ format: 'date-time', description: 'When it was created.' }),
  changedAt: Type.String({ format: 'date-time', description: 'When its name or its secret was changed last.' }),
};
const example = {
  clientRef: '0b0f4e5e-6d3a-4d0f-8a8e-2f1f5f0c9b10',
  revision: 1,
  name: 'Webex integration',
  clientId: 'C0ffee',
  createdAt: '2026-01-15T08:55:00.000Z',
  changedAt: '2026-01-15T08:55:00.000Z',
};
export const ClientView = Type.Object(clientFields, {
  description: 'A client without its secret.',
  examples: [example],
});
export const ClientPage = Type.Object(
  {
    items: Type.Array(Type.Object(clientFields), { description: 'The clients of this page.' }),
    next: Type.Union([Type.String(), Type.Null()], {
      description: 'The `after` of the next page; null at the end.',
    }),
  },
  { description: 'A page in order of the names.', examples: [{ items: [example], next: null }] },
);

export function clientShown(client: Omit<OAuthClientRecord, 'sealedSecret'>): Static<typeof ClientView> {
  const { clientRef, revision, name, webexClientId: clientId } = client;
  const iso = (ms: number) => new Date(ms).toISOString();
  return {
    clientRef,
    revision,
    name,
    clientId,
    createdAt: iso(client.createdAtMs),
    changedAt: iso(client.changedAtMs),
  };
}
