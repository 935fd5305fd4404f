import { Problem } from '@wxcc-wfo/contracts';
import { type App, problem } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import type { Wiring } from '../wiring.ts';
import { completeAuthorization } from './authorize.ts';

const Answer = Type.Object({
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 4096 })),
  state: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
  error: Type.Optional(Type.String({ maxLength: 500 })),
  error_description: Type.Optional(Type.String({ maxLength: 2000 })),
});

/** Where Webex sends the administrator’s browser back to (AUTH-01). It is open: the `state` is its credential. */
export function authorizationRoutes(app: App, wiring: Wiring): void {
  app.get(
    '/v1/authorization/callback',
    {
      config: { public: true },
      schema: {
        summary: 'End of the OAuth authorization-code flow',
        tags: ['authorization'],
        querystring: Answer,
        response: {
          200: Type.Object({ acdId: Type.String(), name: Type.String(), authorization: Type.String() }),
          '4xx': Problem,
          '5xx': Problem,
        },
      },
    },
    async (request) => {
      const { code, state, error } = request.query;
      if (!code || !state) {
        throw problem({
          status: 400,
          code: 'authorization-refused',
          title: 'The sign-in did not end with an authorization',
          detail: error ? `Webex answered “${error}”.` : 'The answer has no `code` or no `state`.',
          field: code ? 'state' : 'code',
          remedy: 'Ask for a new authorization URL of the ACD and allow the access that Webex asks for.',
        });
      }
      const acd = await completeAuthorization(wiring, { code, state });
      return { acdId: acd.acdId, name: acd.name, authorization: acd.authorization };
    },
  );
}
