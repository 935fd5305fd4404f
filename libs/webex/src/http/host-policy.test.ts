import { describe, expect, it } from '@jest/globals';
import { checkUrl, isAllowedHost, isPrivateAddress } from './host-policy.ts';

const rules = {
  allowedHosts: ['webexapis.com', 'api.wxcc-us1.cisco.com', '*.s3.amazonaws.com', 'stand-in.example:8443'],
  allowPrivateAddresses: false,
};

describe('which URLs may be called', () => {
  it.each([
    'https://webexapis.com/v1/access_token',
    'https://WEBEXAPIS.com:443/v1',
    'https://bucket.s3.amazonaws.com/a?X-Amz-Signature=1',
    'https://a.b.s3.amazonaws.com/',
    'https://stand-in.example:8443/x',
  ])('%s may', (url) => {
    expect(checkUrl(url, rules).href).toBe(new URL(url).href);
  });

  it.each([
    ['http://webexapis.com/', /only https/],
    ['https://webexapis.com.evil.example/', /not among the allowed hosts/],
    ['https://s3.amazonaws.com/', /not among/],
    ['https://evils3.amazonaws.com/', /not among/],
    ['https://webexapis.com:8443/', /not among/],
    ['https://stand-in.example/', /not among/],
    ['https://user:pass@webexapis.com/', /user name or password/],
    ['ftp://webexapis.com/', /only https/],
    ['not a url', /cannot be parsed/],
  ])('%s may not', (url, reason) => {
    expect(() => checkUrl(url, rules)).toThrow(reason);
  });

  it('refuses literal private addresses even when listed, unless stand-ins are allowed', () => {
    const hosts = { allowedHosts: ['127.0.0.1:9000', '[::1]:9000', '169.254.169.254'], allowPrivateAddresses: false };
    for (const url of [
      'https://127.0.0.1:9000/',
      'https://[::1]:9000/',
      'https://169.254.169.254/',
      'https://2130706433:9000/',
    ]) {
      expect(() => checkUrl(url, hosts)).toThrow(/private addresses/);
    }
    const open = { ...hosts, allowPrivateAddresses: true };
    expect(checkUrl('http://127.0.0.1:9000/', open).port).toBe('9000');
    expect(() => checkUrl('http://127.0.0.1:9001/', open)).toThrow(/not among/);
  });

  it('never quotes path or query', () => {
    expect(() => checkUrl('https://evil.example/path?sig=abc', rules)).toThrow(
      expect.objectContaining({ message: expect.not.stringMatching(/sig=abc|path/) as unknown as string }),
    );
  });

  it('answers for a host by itself', () => {
    expect(isAllowedHost(rules, 'api.wxcc-us1.cisco.com')).toBe(true);
    expect(isAllowedHost(rules, 'api.wxcc-us1.cisco.com:444')).toBe(false);
  });
});

describe('private addresses', () => {
  it.each(['10.1.2.3', '127.0.0.1', '169.254.169.254', '172.31.0.1', '192.168.1.1', '100.64.0.1', '0.0.0.0', '::1'])(
    '%s is',
    (address) => expect(isPrivateAddress(address)).toBe(true),
  );
  it.each([
    '::ffff:10.0.0.1',
    '::ffff:7f00:1',
    'fd00::1',
    'fe80::1%eth0',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    'localhost',
  ])('%s is, too', (address) => expect(isPrivateAddress(address)).toBe(true));
  it.each(['8.8.8.8', '172.32.0.1', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is not', (address) =>
    expect(isPrivateAddress(address)).toBe(false),
  );
});
