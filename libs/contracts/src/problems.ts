import { type Static, Type } from 'typebox';

/** Codes of errors that a caller can act on. They are stable; titles and details may be reworded. */
export const ERROR_CODES = {
  'invalid-request': 'The request does not match the route’s schema.',
  'credential-missing': 'No credential was sent.',
  'credential-refused': 'The credential is unknown, expired or revoked.',
  'scope-missing': 'The credential may not do this.',
  'not-found': 'There is no such thing, or it belongs to another tenant.',
  'method-not-allowed': 'This path does not take that method.',
  'payload-too-large': 'The body is larger than the route takes.',
  'unsupported-media-type': 'The body’s media type is not taken here.',
  conflict: 'It was changed meanwhile, or it exists already.',
  'precondition-required': 'A change needs the version that it is meant for (If-Match).',
  'precondition-failed': 'It was changed since it was read (If-Match).',
  'confirmation-required': 'This stops something that works, so it has to be confirmed.',
  'state-mismatch': 'The authorization answer does not belong to a request of ours.',
  'authorization-refused': 'The authorization was refused.',
  'browser-mismatch': 'Another browser than the one that began the sign-in came back.',
  'request-expired': 'The request to authorize has expired.',
  'request-used': 'The request to authorize was used before.',
  'sign-in-refused': 'Who signed in did not allow the access.',
  'code-refused': 'Webex does not know the authorization code, or gave it for another request.',
  'code-used': 'The authorization code was used before.',
  'code-expired': 'The authorization code has expired.',
  'client-refused': 'Webex does not accept the client id or its secret.',
  'answer-unreadable': 'There is no authorization code in what was handed in.',
  'organization-mismatch': 'The authorization is for another Webex organization.',
  'account-mismatch': 'Another account than the configured one authorized.',
  'signature-refused': 'The signature does not match.',
  'link-expired': 'The link is no longer valid.',
  'audio-not-available': 'There is no audio to play, now or ever; the state says which.',
  'range-not-satisfiable': 'The asked bytes lie outside of the audio.',
  unavailable: 'Something that is needed for this is away for the moment.',
  'internal-error': 'Something went wrong on our side; it is logged under the request id.',
} as const;
export type ErrorCode = keyof typeof ERROR_CODES;

/** Problem details (RFC 9457) with the field, the reason and the remedy. */
export const Problem = Type.Object(
  {
    type: Type.String({ description: 'urn:wxcc-wfo:problem:<code>' }),
    title: Type.String({ description: 'What kind of problem it is, in a few words.' }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.' }),
    code: Type.String({ description: 'A stable code (see the list of error codes).' }),
    detail: Type.Optional(Type.String({ description: 'What happened, to what.' })),
    remedy: Type.Optional(Type.String({ description: 'What to do next.' })),
    field: Type.Optional(Type.String({ description: 'What was sent wrongly; of several the first.' })),
    requestId: Type.Optional(Type.String({ description: 'Under which the log has it.' })),
    confirm: Type.Optional(
      Type.Array(Type.String(), { description: 'With `confirmation-required`: what `confirm` of the request lacks.' }),
    ),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String({ description: 'What was sent wrongly.' }),
          reason: Type.String({ description: 'Why it is refused.' }),
          remedy: Type.Optional(Type.String({ description: 'What to do about it.' })),
        }),
        { description: 'Everything that was sent wrongly, at once.' },
      ),
    ),
  },
  {
    description: 'Problem details (RFC 9457).',
    examples: [
      {
        type: 'urn:wxcc-wfo:problem:invalid-request',
        title: ERROR_CODES['invalid-request'],
        status: 422,
        code: 'invalid-request',
        detail: 'name: It begins or ends with white space.',
        remedy: 'Send the name without it.',
        field: 'name',
        requestId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
        errors: [
          {
            field: 'name',
            reason: 'It begins or ends with white space.',
            remedy: 'Send the name without it.',
          },
        ],
      },
    ],
  },
);
export type Problem = Static<typeof Problem>;
export const problemSchema = Problem;
