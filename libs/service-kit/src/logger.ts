import { type DestinationStream, destination, type Logger as PinoLogger, pino } from 'pino';
import { redact, scrub } from './redaction.ts';

/** pino's logger; where only the four methods are needed, libs take this narrower shape. */
export type Logger = PinoLogger;

export interface LoggerOptions {
  service: string;
  level?: string;
  /** Where the lines go; default: standard output, written at once so that a crash loses none. */
  destination?: DestinationStream;
}

/**
 * JSON lines on standard output: level as a word, epoch ms in `time`, `service`, and `trace_id`/`span_id` where a span
 * is active and telemetry.ts is loaded. Credentials and personal data are removed by key and by form (redaction.ts).
 */
export function createLogger(o: LoggerOptions): Logger {
  const logger = pino(
    {
      level: o.level ?? 'info',
      base: { service: o.service },
      serializers: { err: serializeError, error: serializeError, cause: serializeError },
      formatters: { level: (label) => ({ level: label }), log: redact },
      // The one place through which every line goes, whatever part of it a secret hides in.
      hooks: { streamWrite: scrub },
    },
    o.destination ?? destination({ dest: 1, sync: true }),
  );
  // pino has no formatter for what a child is bound to; children inherit this method.
  const { child } = logger;
  logger.child = function redactedChild(this: Logger, bindings, options) {
    return child.call(this, redact(bindings), options);
  } as typeof child;
  return logger;
}

export interface SerializedError {
  type: string;
  message: string;
  stack?: string;
  errorCode?: string | number;
  cause?: SerializedError;
}

/** An error as the log shows it: type, message, stack and code, causes included; no other property is copied. */
export function serializeError(error: unknown, depth = 0): SerializedError | unknown {
  if (!(error instanceof Error)) return redact(error);
  const { code } = error as { code?: unknown };
  return {
    type: error.constructor.name,
    message: scrub(error.message),
    ...(error.stack ? { stack: scrub(error.stack) } : {}),
    ...(typeof code === 'string' || typeof code === 'number' ? { errorCode: code } : {}),
    ...(error.cause !== undefined && depth < 4 ? { cause: serializeError(error.cause, depth + 1) } : {}),
  };
}
