import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSealer, newSealingKey, parseKeyring, SealError } from './sealer.ts';

const k1 = Buffer.alloc(32, 1).toString('base64');
const k2 = Buffer.alloc(32, 2).toString('base64');
const sealer = createSealer({ current: 'k1', keys: { k1 } });

describe('sealed texts', () => {
  it('open to what was sealed, for any bytes and any associated data', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.string(), (bytes, associatedData) => {
        const sealed = sealer.seal(Buffer.from(bytes), associatedData);
        return sealer.open(sealed, associatedData).equals(Buffer.from(bytes));
      }),
    );
  });

  it('do not open under other associated data', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string(), (text, one, other) => {
        fc.pre(one !== other);
        expect(() => sealer.open(sealer.seal(text, one), other)).toThrow(SealError);
      }),
    );
  });

  it('do not open when any one character of them is changed', () => {
    const sealed = sealer.seal('the token', 'acd:1');
    fc.assert(
      fc.property(fc.nat(sealed.length - 1), fc.constantFrom(...'Aq7_-.'), (at, character) => {
        fc.pre(sealed[at] !== character);
        const changed = sealed.slice(0, at) + character + sealed.slice(at + 1);
        let opened: string | undefined;
        try {
          opened = sealer.open(changed, 'acd:1').toString();
        } catch (error) {
          expect(error).toBeInstanceOf(SealError);
        }
        // The last base64 character of a part may carry bits that mean nothing; then the bytes are the same.
        if (opened !== undefined) expect(opened).toBe('the token');
      }),
    );
  });

  it('are AES-256-GCM of the plaintext with version, key id and associated data authenticated', () => {
    const [, keyId, iv, rest] = sealer.seal('abc', 'acd:7').split('.') as [string, string, string, string];
    const cipher = createCipheriv('aes-256-gcm', Buffer.alloc(32, 1), Buffer.from(iv, 'base64url'));
    cipher.setAAD(Buffer.from('v1.k1.acd:7'));
    const body = Buffer.concat([cipher.update('abc'), cipher.final()]);
    expect(keyId).toBe('k1');
    expect(rest).toBe(Buffer.concat([cipher.getAuthTag(), body]).toString('base64url'));
  });

  it('are never the same twice', () => {
    expect(sealer.seal('abc', '')).not.toBe(sealer.seal('abc', ''));
  });
});

describe('rotation: readers → writers → re-wrap → retire', () => {
  it('opens everything at every step', () => {
    const old = sealer.seal('secret', 'x');
    const readers = createSealer(parseKeyring(`k1:${k1},k2:${k2}`));
    const writers = createSealer(parseKeyring(`k2:${k2},k1:${k1}`));
    const fresh = writers.seal('secret', 'x');
    expect(readers.open(fresh, 'x').toString()).toBe('secret');
    expect([readers.needsRewrap(old), writers.needsRewrap(old), writers.needsRewrap(fresh)]).toEqual([
      false,
      true,
      false,
    ]);
    const rewrapped = writers.rewrap(old, 'x');
    expect(writers.keyIdOf(rewrapped)).toBe('k2');
    expect(writers.rewrap(rewrapped, 'x')).toBe(rewrapped);
    const retired = createSealer(parseKeyring(`k2:${k2}`));
    expect(retired.open(rewrapped, 'x').toString()).toBe('secret');
    expect(() => retired.open(old, 'x')).toThrow(
      "Sealed with key 'k1', which is not in the keyring. Put that key back.",
    );
  });
});

describe('keyrings', () => {
  it.each([
    ['', "Keyring entry 1 is not '<id>:<base64 of 32 bytes>'"],
    [`k1:${k1},nonsense`, 'Keyring entry 2 is not'],
    ['k1:c2hvcnQ=', "Key 'k1' is not base64 of 32 bytes"],
    [`k1:${k1},k1:${k2}`, "names key 'k1' twice"],
    [`a b:${k1}`, 'Keyring entry 1 is not'],
  ])('refuse %j', (text, message) => {
    expect(() => parseKeyring(text)).toThrow(message);
  });

  it('need their current key', () => {
    expect(() => createSealer({ current: 'k9', keys: { k1 } })).toThrow("The current key 'k9' is not in the keyring");
  });

  it('take a new key', () => {
    const fresh = createSealer(parseKeyring(`n:${newSealingKey()}`));
    expect(fresh.open(fresh.seal('a', 'b'), 'b').toString()).toBe('a');
  });
});

it.each(['', 'v1.k1', 'v2.k1.a.b', 'v1.k1.aaaa.bbbb', 'plain text'])('%j is refused as a sealed text', (text) => {
  expect(() => sealer.open(text, '')).toThrow(SealError);
});
