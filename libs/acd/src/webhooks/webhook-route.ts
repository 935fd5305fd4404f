import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { type App, problem, type Sealer, type SqlClient } from '@wxcc-wfo/service-kit';
import { verifyWebhook, type WebexWebhookEvent } from '@wxcc-wfo/webex';
import { Type } from 'typebox';
import { findAcd } from '../acd-copies.ts';
import type { WebhookKind } from './subscription-policy.ts';
import { noteEvent, readSealedSecret } from './subscription-repository.ts';
import { secretBinding } from './tend-subscription-step.ts';

const BODY_LIMIT_BYTES = 256 * 1024;

export interface WebhookRouteDeps {
  kind: WebhookKind;
  /** For the API docs: "Webex announces a recording". */
  summary: string;
  sql: SqlClient;
  sealer: Sealer;
  nowMs(): number;
  /** An authenticated event of one of the kind's types. The call is answered once this has resolved. */
  onEvent(acd: AcdChanged, event: WebexWebhookEvent): Promise<void>;
  onRefused?(acdId: string): void;
}

/**
 * Where Webex calls: `POST <path>/:acdId`. Authenticated by the signature over the raw body with the ACD's own secret.
 * Events of other types are taken and dropped: an error would make Webex give the subscription up.
 */
export async function webhookRoute(app: App, deps: WebhookRouteDeps): Promise<void> {
  const { kind, sql } = deps;
  await app.register(async (instance) => {
    const scope = instance.withTypeProvider<TypeBoxTypeProvider>();
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    scope.post(
      `${kind.path}/:acdId`,
      {
        config: { public: true },
        bodyLimit: BODY_LIMIT_BYTES,
        schema: {
          summary: deps.summary,
          description: 'For Webex alone; the call carries a signature over its body.',
          tags: ['webhooks'],
          params: Type.Object({
            acdId: Type.String({ format: 'uuid', description: 'The ACD that the call is about.' }),
          }),
          response: { 204: Type.Null({ description: 'Taken.' }) },
        },
      },
      async (request, reply) => {
        const acdId = request.params.acdId.toLowerCase();
        const acd = await findAcd(sql, acdId);
        const sealed = acd && !acd.deleted ? await readSealedSecret(sql, acdId) : null;
        if (!acd || sealed === null) throw unknownAcd();
        const secret = deps.sealer.open(sealed, secretBinding(acdId)).toString('utf8');
        const rawBody = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        const verified = verifyWebhook({ rawBody, headers: request.headers, secret, orgId: acd.webexOrgId });
        if (!verified.ok) {
          deps.onRefused?.(acdId);
          throw refused(verified.reason);
        }
        if (kind.eventTypes.includes(verified.event.type)) {
          await noteEvent(sql, acdId, deps.nowMs());
          await deps.onEvent(acd, verified.event);
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
    field: 'headers/x-webexcc-signature',
    detail: `The webhook was refused: ${reason}.`,
    remedy: 'Call with the secret of the current subscription; the service renews its subscription by itself.',
  });
