import { Problem } from '@wxcc-wfo/contracts';
import { type App, problem } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import { keyBinding } from '../downloads/download-recording.ts';
import type { Wiring } from '../wiring.ts';
import { findSealedKey } from './recording-repository.ts';

const SealedKey = Type.Object(
  { sealedKey: Type.String({ description: 'Sealed for this recording and generation: version.keyId.iv.sealed.' }) },
  {
    description: 'The key, of use only to a holder of the hand-over keyring.',
    examples: [{ sealedKey: 'v1.k1.3q2-78r-yv66vgAB.Zm9yIHRoZSBkb2N1bWVudCBhbG9uZSwgaXQgb3BlbnMgbm90aGluZyBhdCBhbGw' }],
  },
);

/** Hands a recording’s key to a sibling service, sealed for the way; without a key the stored file is noise. */
export function recordingRoutes(app: App, wiring: Wiring): void {
  app.get(
    '/v1/recordings/:recordingId/generations/:generation/key',
    {
      config: { scope: 'recording-keys:read' },
      schema: {
        summary: 'The sealed key of one generation of a recording',
        description: 'For sibling services. The key is sealed with the hand-over keyring of the deployment.',
        tags: ['recordings'],
        params: Type.Object({
          recordingId: Type.String({ format: 'uuid', description: 'The recording, as recording-available names it.' }),
          generation: Type.Integer({
            minimum: 1,
            description: 'Which of its files; a higher one replaces all lower ones.',
          }),
        }),
        response: { 200: SealedKey, '4xx': Problem, '5xx': Problem },
      },
    },
    async (request) => {
      const { recordingId, generation } = request.params;
      const found = await findSealedKey(wiring.pool, { recordingId, generation });
      const { tenantId } = request.caller;
      if (!found || (tenantId !== null && tenantId !== found.tenantId)) {
        throw problem({
          status: 404,
          code: 'not-found',
          title: 'There is no such key',
          detail: 'This generation of the recording does not exist, or its key was destroyed by a redaction.',
          remedy: 'Read the contact again: it names the generation that is readable now.',
        });
      }
      const binding = keyBinding(recordingId, generation);
      const key = wiring.seals.atRest.open(found.sealedKey, binding);
      try {
        return { sealedKey: wiring.seals.handover.seal(key, binding) };
      } finally {
        key.fill(0);
      }
    },
  );
}
