import type { IncomingMessage, ServerResponse } from 'node:http';

/** What telemetry.ts leaves for the rest of the process, which must not import the SDK to use it. */
export interface TelemetryHandle {
  /** Answers with the metrics in Prometheus' text format. */
  serveMetrics(request: IncomingMessage, response: ServerResponse): void;
  /** Sends what is waiting and stops. */
  shutdown(): Promise<void>;
}

const SLOT = Symbol.for('wxcc-wfo.telemetry');
type Holder = { [SLOT]?: TelemetryHandle };

/** The running telemetry, or undefined when it was not loaded or is switched off. */
export function telemetryHandle(): TelemetryHandle | undefined {
  return (globalThis as Holder)[SLOT];
}

export function setTelemetryHandle(handle: TelemetryHandle): void {
  (globalThis as Holder)[SLOT] = handle;
}
