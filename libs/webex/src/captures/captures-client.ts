import type { OnUnknownValue } from '../http/fields.ts';
import type { Transport } from '../http/transport.ts';
import { WebexError } from '../http/webex-error.ts';
import type { TaskCaptures, WebexClient } from '../port.ts';
import { decodeCaptures } from './capture-decoder.ts';

/** More ids in one query are refused by Webex. */
export const MAX_CAPTURE_IDS = 10;
const LONGEST_EXPIRATION_MINUTES = 60;

export function createCapturesClient(deps: {
  transport: Transport;
  apiUrl: string;
  orgId: string;
  onUnknown: OnUnknownValue;
}): Pick<WebexClient, 'queryCaptures'> {
  return {
    async queryCaptures(taskIds, options = {}): Promise<TaskCaptures[]> {
      const unique = [...new Set(taskIds)];
      if (unique.length === 0) return [];
      if (unique.length > MAX_CAPTURE_IDS) {
        throw new WebexError('invalid-request', `A captures query takes at most ${MAX_CAPTURE_IDS} task ids: split it`);
      }
      const minutes = options.urlExpirationMinutes ?? LONGEST_EXPIRATION_MINUTES;
      if (!Number.isInteger(minutes) || minutes < 1 || minutes > LONGEST_EXPIRATION_MINUTES) {
        throw new WebexError('invalid-request', 'urlExpirationMinutes must be a whole number from 1 to 60');
      }
      const answer = await deps.transport.call({
        what: 'Asking for recordings and transcripts',
        operation: 'captures.query',
        method: 'POST',
        url: `${deps.apiUrl}/v1/captures/query`,
        // A service app must name its organization here.
        json: {
          query: {
            orgId: deps.orgId,
            urlExpiration: minutes,
            taskIds: unique,
            includeSegments: options.includeSegments ?? false,
          },
        },
        signal: options.signal,
      });
      return decodeCaptures(answer, deps.onUnknown);
    },
  };
}
