import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type App, problem, type Sealer } from '@wxcc-wfo/service-kit';
import { verifyWebhook } from '@wxcc-wfo/webex';
import type { Pool } from 'pg';
import { Type } from 'typebox';
import { readAcd } from '../acds/acd-repository.ts';
import type { Clock } from '../clock.ts';
import { instruments } from '../telemetry.ts';
import { addHint } from './hint-repository.ts';
import { readSealedSecret } from './subscription-repository.ts';
import { secretBinding } from './tend-subscription-job.ts';

const BODY_LIMIT_BYTES = 256 * 1024;

/**
 * Where Webex calls. Authenticated by the signature over the raw body with the ACD's own secret; answered as soon as the
 * hint is a row. Events of other types are taken and dropped: an error would make Webex give the subscription up.
 */
export async function webhookRoute(
  app: App,
  deps: { pool: Pool; sealer: Sealer; clock: Clock; onHint(): void },
): Promise<void> {
  await app.register(async (instance) => {
    const scope = instance.withTypeProvider<TypeBoxTypeProvider>();
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post(
      '/v1/webhooks/capture/:acdId',
      {
        config: { public: true },
        bodyLimit: BODY_LIMIT_BYTES,
        schema: {
          summary: 'Webex announces an ended task',
          description: 'For Webex alone; the call carries a signature over its body.',
          tags: ['webhooks'],
          params: Type.Object({ acdId: Type.String({ format: 'uuid' }) }),
          response: { 204: Type.Null({ description: 'Taken.' }) },
        },
      },
      async (request, reply) => {
        const acdId = request.params.acdId.toLowerCase();
        const acd = await readAcd(deps.pool, acdId);
        const sealed = acd && !acd.deleted ? await readSealedSecret(deps.pool, acdId) : null;
        if (!acd || sealed === null) throw unknownAcd();
        const secret = deps.sealer.open(sealed, secretBinding(acdId)).toString('utf8');
        const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const verified = verifyWebhook({ rawBody, headers: request.headers, secret, orgId: acd.webexOrgId });
        if (!verified.ok) {
          instruments.hints.add(1, { acd: acdId, outcome: 'refused' });
          throw refused(verified.reason);
        }
        const { type, taskId } = verified.event;
        if (type === 'task:ended' && taskId) {
          instruments.hints.add(1, { acd: acdId, outcome: 'received' });
          await addHint(deps.pool, acd, { taskId, nowMs: deps.clock.nowMs() });
          deps.onHint();
        }
        return await reply.code(204).send(null);
      },
    );
  });
}

const unknownAcd = () =>
  problem({
    status: 404,
    code: 'not-found',
    detail: 'There is no ACD with a webhook subscription under this address.',
    remedy: 'Delete the subscription that calls it.',
  });

const refused = (reason: string) =>
  problem({
    status: 401,
    code: 'signature-refused',
    detail: `The webhook was refused: ${reason}.`,
    remedy: 'Call with the secret of the current subscription; capture renews its subscription by itself.',
  });
