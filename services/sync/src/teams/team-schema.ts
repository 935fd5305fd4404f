import { ACD_STATES, TEAM_TYPES } from '@wxcc-wfo/contracts';
import { type Static, Type } from 'typebox';
import { NextCursor, PLAIN_TEXT, pageQuery } from '../listing/cursor.ts';
import type { Team } from './team-repository.ts';

const Id = (description: string) => Type.String({ format: 'uuid', description });
const OneOf = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: [...values], description });
const OneOfOrNull = <const T extends readonly string[]>(values: T, description: string) =>
  Type.Unsafe<T[number] | null>({ type: ['string', 'null'], enum: [...values, null], description });
// A letter or digit must be in it, so that it can be told from others and found.
const Name = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[^\\u0000-\\u001f\\u007f]*[^\\s!-/:-@\\[-`{-\\u007f][^\\u0000-\\u001f\\u007f]*$',
  description: 'Unique among the ACD’s teams that were made here, whatever case and accents.',
});

const teamFields = {
  teamId: Id('The team in WFO.'),
  acdId: Id('The ACD connection.'),
  revision: Type.Integer({ description: 'Grows with every change; the ETag.' }),
  name: Type.String({ description: 'Its name; read-only where the source is acd.' }),
  source: OneOf(['acd', 'wfo'], 'Who owns the name: the ACD, or WFO, where the team was made.'),
  acdTeamId: Type.Union([Type.String(), Type.Null()], { description: 'Its id in Webex Contact Center.' }),
  type: OneOfOrNull(TEAM_TYPES, 'Agent based or capacity based; null for a team that was made here.'),
  acdState: OneOfOrNull(ACD_STATES, 'What the ACD says; null for a team that was made here.'),
  isDefault: Type.Boolean({ description: 'Whether new users of the ACD join it.' }),
  deleted: Type.Boolean({ description: 'Whether it was deleted here.' }),
  mergedIntoTeamId: Type.Union([Type.String(), Type.Null()], {
    description: 'The team that stands for this one since they were merged.',
  }),
  createdAt: Type.String({ format: 'date-time', description: 'When it came to WFO.' }),
  changedAt: Type.String({ format: 'date-time', description: 'When it was last changed.' }),
};
const example = {
  teamId: 'd1f1a3c0-0a4e-5a39-8a51-4b1d2b0c7e33',
  acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01',
  revision: 1,
  name: 'Sales EMEA',
  source: 'acd' as const,
  acdTeamId: '6d3a9f00-6017-404b-bf14-5331890b1797',
  type: 'agent' as const,
  acdState: 'active' as const,
  isDefault: false,
  deleted: false,
  mergedIntoTeamId: null,
  createdAt: '2026-01-15T09:00:00.000Z',
  changedAt: '2026-01-15T09:00:00.000Z',
};

export const TeamView = Type.Object(teamFields, { description: 'One team.', examples: [example] });
export const CountedTeam = Type.Object(
  { ...teamFields, users: Type.Integer({ description: 'How many users are in it.' }) },
  { description: 'One team and the number of its users.', examples: [{ ...example, users: 12 }] },
);
export const TeamPage = Type.Object(
  { items: Type.Array(Type.Object(teamFields), { description: 'The teams.' }), nextCursor: NextCursor },
  { description: 'A page in order of the names.', examples: [{ items: [example], nextCursor: null }] },
);
export const TeamParams = Type.Object({ teamId: Id('The team.') });
export const TeamQuery = Type.Object(
  {
    acdId: Type.Optional(Id('Only teams of this ACD.')),
    name: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description: 'Beginning of the name.' }),
    ),
    acdTeamId: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, pattern: PLAIN_TEXT, description: 'Its id in Webex.' }),
    ),
    source: Type.Optional(OneOf(['acd', 'wfo'], 'Only teams of the ACD, or made here.')),
    acdState: Type.Optional(OneOf(ACD_STATES, 'What the ACD says.')),
    includeMerged: Type.Optional(
      Type.Boolean({ default: false, description: 'Whether teams that were merged into others are listed, too.' }),
    ),
    ...pageQuery,
  },
  { additionalProperties: false },
);
export const CreateTeam = Type.Object(
  { acdId: Id('The ACD whose users join it.'), name: Name },
  {
    additionalProperties: false,
    examples: [{ acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01', name: 'Night shift' }],
  },
);
export const RenameTeam = Type.Object(
  { name: Name },
  { additionalProperties: false, examples: [{ name: 'Night shift EMEA' }] },
);

export function teamView(team: Team): Static<typeof TeamView> {
  const { tenantId: _, createdAtMs, changedAtMs, ...shown } = team;
  return { ...shown, createdAt: new Date(createdAtMs).toISOString(), changedAt: new Date(changedAtMs).toISOString() };
}
