import { Problem } from '@wxcc-wfo/contracts';
import { type App, readAsTenant, requireTenant } from '@wxcc-wfo/service-kit';
import { Type } from 'typebox';
import { findAcd, listAcds } from '../acds/acd-repository.ts';
import { notFound } from '../authorization/authorize.ts';
import { nextName, PageByName } from '../listing/page-by-name.ts';
import { listHistory } from '../tokens/token-history-repository.ts';
import type { Wiring } from '../wiring.ts';
import { HealthPage, HealthView, healthView } from './health-schema.ts';
import { readHealth } from './read-health.ts';
import { SupportBundle, supportBundle } from './support-bundle.ts';

const AcdParams = Type.Object({ acdId: Type.String({ format: 'uuid', description: 'The server id of the ACD.' }) });
const PRODUCT = 'wxcc-wfo-bridge oauth 0.1.0';

/** How connections do, and what support needs about one. They answer without Redis and Kafka. */
export function healthRoutes(app: App, wiring: Wiring): void {
  const { pool, clock, config } = wiring;
  const errors = { '4xx': Problem, '5xx': Problem };

  const read = async (acdId: string, tenantId: string) => {
    await clock.synchronize();
    return await readAsTenant(pool, { tenantId }, async (sql) => {
      const acd = await findAcd(sql, acdId);
      if (!acd || acd.deleted) throw notFound(acdId);
      const [health] = await readHealth(wiring, sql, [acd]);
      return { health: health!, history: await listHistory(sql, acdId) };
    });
  };

  app.get(
    '/v1/acds/:acdId/health',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'How a connection does',
        description:
          'One answer: green, amber or red, since when, why and what to do; with the authorization, the age and ends of its tokens, and the last success of each role. While Redis is away, roles are `unknown`.',
        tags: ['health'],
        params: AcdParams,
        response: { 200: HealthView, ...errors },
      },
    },
    async (request) => healthView((await read(request.params.acdId, requireTenant(request))).health),
  );

  app.get(
    '/v1/acds-health',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'How the tenant’s connections do',
        description: 'The health of each, in order of their names, by pages.',
        tags: ['health'],
        querystring: PageByName,
        response: { 200: HealthPage, ...errors },
      },
    },
    async (request) => {
      const { after: afterName, limit } = request.query;
      const tenantId = requireTenant(request);
      await clock.synchronize();
      const found = await readAsTenant(pool, { tenantId }, async (sql) =>
        readHealth(wiring, sql, await listAcds(sql, { afterName, limit })),
      );
      const names = found.map(({ acd }) => acd);
      return { items: found.map(healthView), next: nextName(names, limit) };
    },
  );

  app.get(
    '/v1/acds/:acdId/support-bundle',
    {
      config: { scope: 'acds:read' },
      schema: {
        summary: 'Export what support needs',
        description:
          'Ids, domain, state and the history of failures (AUTH-04). No credential, token or name of a person is in it.',
        tags: ['health'],
        params: AcdParams,
        response: { 200: SupportBundle, ...errors },
      },
    },
    async (request, reply) => {
      const { acdId } = request.params;
      const { health, history } = await read(acdId, requireTenant(request));
      reply.header('content-disposition', `attachment; filename="support-${acdId}.json"`);
      return supportBundle(health, { history, product: PRODUCT, wfoUrl: config.PUBLIC_URL });
    },
  );
}
