import { createHmac } from 'node:crypto';
import type { ContactSegmented } from '@wxcc-wfo/contracts';
import { type LinkVerdict, signLink, verifyLink } from '@wxcc-wfo/service-kit';

export interface AudioLinks {
  /** A path that plays the contact for whoever has it, until it expires. */
  sign(contact: ContactSegmented): { path: string; expiresAtMs: number };
  /** Whether a URL was signed for this very contact. */
  verify(contact: ContactSegmented, url: string): LinkVerdict;
}

export const audioPath = (contactId: string): string => `/v1/contacts/${contactId}/audio`;

/**
 * Signed links. The path names only the contact; tenant and ACD go into the signing key, so that a link never opens the
 * contact that another tenant knows under the same id.
 */
export function createAudioLinks(o: { signingKey: string; lifetimeMs: number; nowMs?(): number }): AudioLinks {
  const nowMs = o.nowMs ?? Date.now;
  const secretOf = ({ tenantId, acdId }: ContactSegmented): Buffer =>
    createHmac('sha256', o.signingKey).update(`audio-link\n${tenantId}\n${acdId}`).digest();
  return {
    sign(contact) {
      const expiresAtMs = nowMs() + o.lifetimeMs;
      const path = signLink({ path: audioPath(contact.contactId), expiresAtMs, secret: secretOf(contact) });
      return { path, expiresAtMs };
    },
    verify: (contact, url) => verifyLink({ url, nowMs: nowMs(), secret: secretOf(contact) }),
  };
}
