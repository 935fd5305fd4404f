import type { Dispatcher } from 'undici';
import { WebexError } from './webex-error.ts';

/** Nothing was sent: the permission of the budget had run out when the connection was ready. */
export class PermissionTooOld extends WebexError {
  constructor() {
    super('timeout', 'The request was not sent: connecting took longer than its permission of the budget lasts');
  }
}

/**
 * The dispatcher for one request, which fails with `PermissionTooOld` instead of leaving later than `sendByMs` (by
 * `performance.now()`). It is judged in the moment of writing: resolving, connecting and TLS may take seconds.
 */
export function sendBy(sendByMs: number, dispatcher: Dispatcher): Dispatcher {
  return dispatcher.compose((dispatch) => (options, handler) => dispatch(options, guarded(handler, sendByMs)));
}

function guarded(handler: Dispatcher.DispatchHandler, sendByMs: number): Dispatcher.DispatchHandler {
  return {
    onRequestStart(controller, context) {
      // Thrown, not aborted: an abort would close the connection that the next attempt can use at once.
      if (performance.now() > sendByMs) throw new PermissionTooOld();
      handler.onRequestStart?.(controller, context);
    },
    onRequestUpgrade: (...given) => handler.onRequestUpgrade?.(...given),
    onResponseStart: (...given) => handler.onResponseStart?.(...given),
    onResponseData: (...given) => handler.onResponseData?.(...given),
    onResponseEnd: (...given) => handler.onResponseEnd?.(...given),
    onResponseError: (...given) => handler.onResponseError?.(...given),
  };
}
