import { Type } from 'typebox';
import { EXAMPLE_ACD_ID } from './acd-view.ts';

/** What the deletion of an ACD answers. */
export const DeletedAcd = Type.Object(
  {
    acdId: Type.String({ description: 'The server id that was deleted; it is never given again.' }),
    name: Type.String({ description: 'Its name, which is free again.' }),
    deletedAt: Type.String({ format: 'date-time', description: 'Since when.' }),
    remains: Type.Array(
      Type.Object({
        what: Type.String({ description: 'What remains.' }),
        until: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
          description: 'Until when; null: for as long as `detail` says.',
        }),
        detail: Type.String({ description: 'Why, and what can be done about it.' }),
      }),
      { description: 'What remains of it.' },
    ),
  },
  {
    description: 'It is deleted, and this remains.',
    examples: [
      {
        acdId: EXAMPLE_ACD_ID,
        name: 'Contact centre',
        deletedAt: '2026-01-15T09:00:00.000Z',
        remains: [
          {
            what: 'contacts-and-recordings',
            until: null,
            detail: 'What was captured stays, and stays playable, until retention or an erasure takes it.',
          },
          {
            what: 'tokens-at-webex',
            until: '2026-03-16T09:00:00.000Z',
            detail: 'The bridge has deleted its tokens. Webex would take them until they end.',
          },
        ],
      },
    ],
  },
);
