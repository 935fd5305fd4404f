import { Type } from 'typebox';

const EXAMPLE_ACD_ID = '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01';

/** What Webex sends the browser back with. */
export const Callback = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 4096, description: 'What Webex gave for the sign-in; used once.' })),
  state: Type.Optional(
    Type.String({ maxLength: 512, description: 'Which request the sign-in belongs to; used once.' }),
  ),
  error: Type.Optional(Type.String({ maxLength: 500, description: 'Why there is no code (RFC 6749 §4.1.2.1).' })),
  error_description: Type.Optional(Type.String({ maxLength: 2000, description: 'Not shown: anybody can write it.' })),
});

export const Authorized = Type.Object(
  {
    acdId: Type.String({ description: 'The server id of the ACD.' }),
    name: Type.String({ description: 'Its name.' }),
    authorization: Type.String({ description: 'authorized' }),
  },
  {
    description: 'The ACD is authorized.',
    examples: [{ acdId: EXAMPLE_ACD_ID, name: 'Contact centre', authorization: 'authorized' }],
  },
);

export const AuthorizeByHand = Type.Object(
  {
    answer: Type.String({
      minLength: 1,
      maxLength: 16_384,
      description:
        'What the browser ended at: the whole address, `code=…&state=…` in either order, or the code, URL-encoded or not. Spaces, line breaks, quotes and a leading `?` do not matter.',
    }),
  },
  {
    additionalProperties: false,
    examples: [{ answer: 'https://bridge.example/v1/authorization/callback?code=ZWIyNDk…&state=m3Tq9…' }],
  },
);

export const startedExample = {
  requestId: '7a0b5a34-6f5e-4f0e-8f4e-6b1a2c3d4e5f',
  authorizationUrl: 'https://bridge.example/v1/authorization/start?ticket=Q29mZmVl…',
  webexUrl: 'https://webexapis.com/v1/authorize?response_type=code&client_id=C0ffee&state=…',
  requestedAt: '2026-01-15T09:00:00.000Z',
  expiresAt: '2026-01-15T09:15:00.000Z',
};

const startedFields = {
  requestId: Type.String({ description: 'The request to authorize.' }),
  authorizationUrl: Type.String({
    description:
      'Open it in a private browser window and sign in as the ACD’s administrator. The browser that opens it is the one that must come back.',
  }),
  webexUrl: Type.String({
    description:
      'The sign-in at Webex itself, for a browser that cannot reach the bridge: hand in what its address bar shows at the end with POST /v1/acds/{acdId}/authorize.',
  }),
  requestedAt: Type.String({ format: 'date-time', description: 'When it was asked for.' }),
  expiresAt: Type.String({ format: 'date-time', description: 'Until when it is good, once.' }),
};

/** Where the administrator signs in. */
export const AuthorizationStarted = Type.Object(startedFields, {
  description: 'Where the administrator signs in, good once, for 15 minutes.',
  examples: [startedExample],
});

export const OpenRequests = Type.Object(
  { items: Type.Array(Type.Object(startedFields), { description: 'The one that was opened last first.' }) },
  { description: 'The caller’s open requests to authorize this ACD.', examples: [{ items: [startedExample] }] },
);
