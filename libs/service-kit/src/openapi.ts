import swagger from '@fastify/swagger';
import { problemSchema } from '@wxcc-wfo/contracts';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { renderDocsPage } from './docs-page.ts';

export interface ApiDescription {
  service: string;
  version: string;
  description: string;
}

interface RouteConfig {
  scope?: string;
  public?: boolean;
}

/** OpenAPI 3.1 out of the routes' schemas at /openapi.json, and a page that needs nothing else at /docs. */
export async function describeApi(app: FastifyInstance, o: ApiDescription): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: o.service, version: o.version, description: o.description },
      components: {
        securitySchemes: {
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'A key wfo_<id>_<secret>.' },
          bearer: {
            type: 'http',
            scheme: 'bearer',
            description: 'An API key, or an access token of the configured OpenID provider.',
          },
        },
      },
    },
    transform: ({ schema, url, route }) => ({
      url,
      schema: documented(schema as FastifySchema | undefined, route.config as RouteConfig | undefined),
    }),
  });
  const open = { config: { public: true }, schema: { hide: true } as FastifySchema };
  app.get('/openapi.json', open, () => app.swagger());
  let page: string | undefined;
  app.get('/docs', open, (_request, reply) => {
    page ??= renderDocsPage(app.swagger() as Parameters<typeof renderDocsPage>[0]);
    return reply
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'")
      .type('text/html; charset=utf-8')
      .send(page);
  });
}

function documented(schema: FastifySchema | undefined, config: RouteConfig | undefined): FastifySchema {
  const scope = config?.scope;
  const error = { description: 'Problem details', content: { 'application/problem+json': { schema: problemSchema } } };
  const { response, ...rest } = (schema ?? {}) as FastifySchema & { description?: string };
  return {
    ...rest,
    ...(scope
      ? {
          description: [rest.description, `Needs the scope \`${scope}\`.`].filter(Boolean).join('\n\n'),
          security: [{ apiKey: [] }, { bearer: [] }],
          'x-scope': scope,
        }
      : { security: [] }),
    response: { ...(response as object | undefined), default: error },
  } as FastifySchema;
}
