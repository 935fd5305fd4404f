import { type BatchHandler, done, type ReceivedEvent } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { AccessTokens } from './access-tokens.ts';

/** A new token is a reason to try again at once where polling failed. The copying itself comes after the commit. */
export const handleTokenRefreshed: BatchHandler<'token-refreshed'> = async (events, tx) => {
  const acdIds = [...new Set(events.map((event) => event.payload.acdId))].sort();
  await tx.query('UPDATE poll_state SET next_poll_at_ms = 0 WHERE acd_id = ANY($1::uuid[]) AND failures > 0', [acdIds]);
  return events.map(() => done);
};

/**
 * Copies announced tokens while the hand-over store has them. What is missed here (a kill, Redis away) is copied when a
 * token is about to expire or was refused.
 */
export function copyAnnouncedTokens(tokens: AccessTokens, onFailure: (error: unknown, acdId: string) => void) {
  return (events: ReceivedEvent[]): void => {
    const announced = events.filter((event) => event.topic === TOPICS.tokenRefreshed);
    for (const acdId of new Set(announced.map((event) => event.payload.acdId))) {
      tokens.copyNewer(acdId).catch((error) => onFailure(error, acdId));
    }
  };
}
