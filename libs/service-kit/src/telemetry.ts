// Loaded before everything else: node --import …/telemetry.ts src/server.ts. It is steered by the standard OTEL_ variables.
// The hook must be registered before any instrumented library is imported, so the rest is imported dynamically. It runs
// in this thread and for these libraries alone: the loader thread of module.register() costs 40 MB and start-up time.
import { register } from 'import-in-the-middle/register-hooks.mjs';

if (process.env.OTEL_SDK_DISABLED !== 'true') {
  register({ include: ['pg', 'pg-pool', 'ioredis', 'pino', 'fastify', 'undici'] });
  const { startTelemetry } = await import('./telemetry-sdk.ts');
  startTelemetry();
}
