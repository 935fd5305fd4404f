// Loaded before everything else: node --import …/telemetry.ts src/server.ts. It is steered by the standard OTEL_ variables.
// The hook must be registered before any instrumented library is imported, so the rest is imported dynamically.
import { register } from 'node:module';

if (process.env.OTEL_SDK_DISABLED !== 'true') {
  register('@opentelemetry/instrumentation/hook.mjs', import.meta.url);
  const { startTelemetry } = await import('./telemetry-sdk.ts');
  startTelemetry();
}
