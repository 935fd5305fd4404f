import { describe, expect, it } from '@jest/globals';
import { changesBetween, secretChange, secretsIn } from './audit-policy.ts';

describe('ACD-06 what changed', () => {
  it('is what differs, before and after, whatever the order of keys', () => {
    const before = { name: 'a', qm: { voice: true, digital: false }, gone: 1, same: [1, { a: 1, b: 2 }] };
    const after = { name: 'b', qm: { digital: true, voice: true }, new: null, same: [1, { b: 2, a: 1 }] };
    expect(changesBetween(before, after)).toEqual([
      { field: 'name', before: 'a', after: 'b' },
      { field: 'qm', before: { voice: true, digital: false }, after: { digital: true, voice: true } },
      { field: 'gone', before: 1, after: null },
    ]);
  });

  it('is of a secret only that it changed', () => {
    expect(secretChange('apiKey')).toEqual({ field: 'apiKey', before: null, after: 'changed' });
    expect(secretsIn([secretChange('clientSecret'), secretChange('apiKey', 'removed')])).toEqual([]);
  });

  it.each(['apiKey', 'clientSecret', 'secret', 'accessToken', 'refreshToken', 'code', 'codeVerifier', 'password'])(
    'never the value of %s',
    (field) => {
      expect(secretsIn([{ field, before: null, after: 'a value' }])).toEqual([field]);
      expect(secretsIn([{ field, before: 'a value', after: null }])).toEqual([field]);
    },
  );

  it.each(['username', 'clientRef', 'tokenVersion', 'apiKeySetAt'])('%s is no secret', (field) =>
    expect(secretsIn([{ field, before: null, after: 'a value' }])).toEqual([]),
  );
});
