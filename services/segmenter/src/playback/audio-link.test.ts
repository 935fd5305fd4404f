import { describe, expect, it } from '@jest/globals';
import { row, segment, task } from '../../test/call-rows.ts';
import { createAudioLinks } from './audio-link.ts';

const [{ contact }] = segment(task([row('connected', 10, 60, 'A'), row('ended', 60, 60)])) as [
  ReturnType<typeof segment>[number],
];
const links = (nowMs: number, signingKey = 'k'.repeat(32)) =>
  createAudioLinks({ signingKey, lifetimeMs: 60_000, nowMs: () => nowMs });

describe('links to audio (SEG-10)', () => {
  const { path, expiresAtMs } = links(1_000_000).sign(contact);

  it('play until they expire', () => {
    expect(path.startsWith(`/v1/contacts/${contact.contactId}/audio?`)).toBe(true);
    expect(expiresAtMs).toBe(1_060_000);
    expect(links(1_059_999).verify(contact, path)).toEqual({ ok: true, expiresAtMs });
    expect(links(1_060_000).verify(contact, path)).toEqual({ ok: false, why: 'expired' });
  });

  it('do not open the contact that another tenant or ACD knows under the same id', () => {
    const other = '33333333-3333-4333-8333-333333333333';
    for (const foreign of [
      { ...contact, tenantId: other },
      { ...contact, acdId: other },
    ]) {
      expect(links(1_000_000).verify(foreign, path)).toEqual({ ok: false, why: 'refused' });
    }
  });

  it('end with the key that signed them', () => {
    expect(links(1_000_000, 'x'.repeat(32)).verify(contact, path)).toEqual({ ok: false, why: 'refused' });
  });
});
