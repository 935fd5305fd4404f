import { Problem } from '@wxcc-wfo/contracts';
import { type App, ProblemError, problem } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import type { Wiring } from '../wiring.ts';
import { completeAuthorization } from './authorize.ts';
import { callbackPage, wantsPage } from './callback-page.ts';

const Answer = Type.Object({
  code: Type.Optional(Type.String({ maxLength: 4096, description: 'What Webex gave for the sign-in; used once.' })),
  state: Type.Optional(
    Type.String({ maxLength: 512, description: 'Which request the sign-in belongs to; used once.' }),
  ),
  error: Type.Optional(Type.String({ maxLength: 500, description: 'Why there is no code (RFC 6749 §4.1.2.1).' })),
  error_description: Type.Optional(Type.String({ maxLength: 2000, description: 'Not shown: anybody can write it.' })),
});

const Authorized = Type.Object(
  {
    acdId: Type.String(),
    name: Type.String(),
    authorization: Type.String(),
  },
  {
    description: 'The ACD is authorized.',
    examples: [{ acdId: '3c1c3f0e-8d2a-4f5e-9a54-0f6f1f1a7a01', name: 'Contact centre', authorization: 'authorized' }],
  },
);

const PAGE_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  vary: 'accept',
};

/** Where Webex sends the administrator’s browser back to (AUTH-01). It is open: the `state` is its credential. */
export function authorizationRoutes(app: App, wiring: Wiring): void {
  app.get(
    '/v1/authorization/callback',
    {
      config: { public: true },
      // A HEAD, as previews of links send it, would use the state up.
      exposeHeadRoute: false,
      schema: {
        summary: 'End of the OAuth authorization-code flow',
        description:
          'Webex sends the administrator’s browser here. Answers with a page where `text/html` is accepted, errors included, else with JSON. A `state` is good once, for 15 minutes.',
        tags: ['authorization'],
        querystring: Answer,
        response: { 200: Authorized, '4xx': Problem, '5xx': Problem },
      },
      onSend: async (request, reply, payload) => {
        reply.headers(PAGE_HEADERS);
        if (typeof payload !== 'string' || !wantsPage(request.headers.accept)) return payload;
        reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'");
        reply.type('text/html; charset=utf-8');
        return callbackPage(JSON.parse(payload));
      },
    },
    async (request) => {
      const count = (outcome: string) => wiring.metrics.oauth_authorizations_total.add(1, { outcome });
      try {
        const { code, state, error } = request.query;
        if (error || !code || !state) throw notAuthorized({ code, error });
        const { acdId, name, authorization } = await completeAuthorization(wiring, { code, state });
        count('authorized');
        return { acdId, name, authorization };
      } catch (error) {
        count(error instanceof ProblemError ? error.problem.code : 'failed');
        throw error;
      }
    },
  );
}

function notAuthorized({ code, error }: { code: string | undefined; error: string | undefined }): ProblemError {
  // Only the form that RFC 6749 gives it is repeated: the address can be written by anybody.
  const said = error && /^[a-z_]{1,64}$/.test(error) ? `Webex answered “${error}”.` : 'Webex answered with an error.';
  return problem({
    status: 400,
    code: 'authorization-refused',
    title: 'The sign-in did not end with an authorization',
    detail: error ? said : 'The answer has no `code` or no `state`.',
    field: error ? 'error' : code ? 'state' : 'code',
    remedy: 'Ask for a new authorization URL of the ACD, sign in, and allow the access that Webex asks for.',
  });
}
