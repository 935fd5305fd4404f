import { NoAccessToken } from '@wxcc-wfo/acd';
import { WebexError } from '@wxcc-wfo/webex';
import type { RunFailure } from './run-problem-policy.ts';

/** An error as the rules about problems take it. */
export function describeFailure(error: unknown): RunFailure {
  const isWebex = error instanceof WebexError;
  const message = error instanceof Error ? error.message : String(error);
  const trackingId = isWebex ? error.trackingId : undefined;
  return {
    message: trackingId && !message.includes(trackingId) ? `${message} (tracking id ${trackingId})` : message,
    webexKind: isWebex ? error.kind : null,
    isTokenMissing: error instanceof NoAccessToken,
    retryAfterMs: isWebex ? (error.retryAfterMs ?? null) : null,
  };
}
