import { Problem } from '@wxcc-wfo/contracts';
import { Type } from 'typebox';
import type { App } from './app-type.ts';
import { problem } from './problem.ts';
import type { RewrapJob } from './rewrap-job.ts';

const KeyIds = (description: string) => Type.Array(Type.String(), { description });

const Rotation = Type.Object(
  {
    currentKeyId: Type.String({ description: 'The key that seals: the first one of SEALING_KEYS.' }),
    retirableKeyIds: KeyIds(
      'Other keys of this replica’s SEALING_KEYS that nothing is sealed under any more. Remove one once every replica has the current key first.',
    ),
    missingKeyIds: KeyIds('Keys that something is sealed under and that this replica was not given. Put them back.'),
    targets: Type.Array(
      Type.Object({
        table: Type.String({ description: 'Table of this service.' }),
        column: Type.String({ description: 'Column of sealed texts.' }),
        remaining: Type.Integer({ description: 'Texts that another key than the current one has sealed.' }),
        byKeyId: Type.Record(Type.String(), Type.Integer(), { description: 'The same by the id of that key.' }),
        unopenable: Type.Integer({
          description: 'Of them, those that did not open at the last pass; the log names them.',
        }),
      }),
      { description: 'Everything that this service stores encrypted.' },
    ),
  },
  {
    description: 'How far the rotation of the keys at rest is.',
    examples: [
      {
        currentKeyId: 'k2',
        retirableKeyIds: [],
        missingKeyIds: [],
        targets: [{ table: 'token', column: 'sealed_access', remaining: 12, byKeyId: { k1: 12 }, unopenable: 0 }],
      },
    ],
  },
);

/** GET /v1/key-rotation: what is still sealed under which key, for operators of the platform (AUTH-06). */
export function keyRotationRoute(app: App, deps: { job: Pick<RewrapJob, 'status'> }): void {
  app.get(
    '/v1/key-rotation',
    {
      config: { scope: 'key-rotation:read' },
      schema: {
        summary: 'How far the rotation of the keys at rest is',
        description: 'Counts the rows of every tenant, so it is for credentials of the platform only.',
        tags: ['operations'],
        response: { 200: Rotation, '4xx': Problem, '5xx': Problem },
      },
    },
    async (request) => {
      if (request.caller.tenantId === null) return await deps.job.status();
      throw problem({
        status: 403,
        code: 'scope-missing',
        detail: 'The keys at rest are those of the whole deployment; this credential belongs to one tenant.',
        remedy: 'Use a credential of the platform, which has no tenant.',
      });
    },
  );
}
