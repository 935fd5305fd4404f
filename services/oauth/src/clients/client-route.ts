import { randomUUID } from 'node:crypto';
import { Problem } from '@wxcc-wfo/contracts';
import { type App, problem, requireTenant, sqlState } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import type { Wiring } from '../wiring.ts';
import { insertClient, quotaKeyOf, secretBinding } from './client-repository.ts';

const CreateClient = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 200, description: 'Unique among the tenant’s clients.' }),
    clientId: Type.String({ minLength: 1, maxLength: 500, description: 'Client id of the Webex integration.' }),
    clientSecret: Type.String({
      minLength: 1,
      maxLength: 1000,
      description: 'Its secret; stored sealed, never shown.',
    }),
  },
  { additionalProperties: false },
);
const ClientView = Type.Object({ clientRef: Type.String(), name: Type.String(), clientId: Type.String() });

/** OAuth clients that ACDs use; the request budget belongs to the client. */
export function clientRoutes(app: App, wiring: Wiring): void {
  app.post(
    '/v1/clients',
    {
      config: { scope: 'acds:write' },
      schema: {
        summary: 'Store the credentials of a Webex integration',
        tags: ['clients'],
        body: CreateClient,
        response: { 201: ClientView, '4xx': Problem, '5xx': Problem },
      },
    },
    async (request, reply) => {
      const clientRef = randomUUID();
      const { name, clientId, clientSecret } = request.body;
      try {
        await insertClient(wiring.pool, {
          clientRef,
          tenantId: requireTenant(request),
          name,
          webexClientId: clientId,
          sealedSecret: wiring.seals.atRest.seal(clientSecret, secretBinding(clientRef)),
          quotaKey: quotaKeyOf(clientId),
          createdAtMs: wiring.clock.nowMs(),
        });
      } catch (error) {
        if (sqlState(error) !== '23505') throw error;
        throw problem({
          status: 409,
          code: 'conflict',
          title: 'Such a client exists already',
          detail: `The tenant has a client named ${name}.`,
          field: 'name',
          remedy: 'Choose another name.',
        });
      }
      reply.code(201);
      return { clientRef, name, clientId };
    },
  );
}
