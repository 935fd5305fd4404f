import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, RawServerDefault } from 'fastify';
import type { Caller } from './caller.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls; null on public routes */
    caller: Caller;
  }
  interface FastifyContextConfig {
    /** The scope that a caller needs, e.g. `contacts:read` */
    scope?: string;
    /** Nobody is asked for a credential: health, docs, and what checks a signature of its own */
    public?: boolean;
  }
}

/** The HTTP side of a service: Fastify that types its handlers by their TypeBox schemas. */
export type App = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
