import { BlockList, isIP } from 'node:net';
import { WebexError } from './webex-error.ts';

export interface HostRules {
  /** `host` (the scheme's own port), `host:port` or `*.suffix` (any depth of subdomain, not the suffix itself). */
  allowedHosts: readonly string[];
  /** Only for tests and stand-ins: permits loopback and private addresses, and plain `http:`. */
  allowPrivateAddresses: boolean;
}

const refused = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const) {
  refused.addSubnet(network, prefix, 'ipv4');
}
for (const [network, prefix] of [
  ['::', 96], // unspecified, loopback, and the old IPv4-compatible form
  ['64:ff9b::', 96], // NAT64: an IPv4 address in disguise
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23], // Teredo and other protocol assignments
  ['2001:db8::', 32],
  ['2002::', 16], // 6to4: an IPv4 address in disguise
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  refused.addSubnet(network, prefix, 'ipv6');
}

/** Whether an IP address is loopback, private, link-local, multicast or otherwise not a public unicast address. */
export function isPrivateAddress(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  const family = isIP(bare);
  if (family === 0) return true;
  return refused.check(bare, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Parses a URL and checks that it may be called: https (http only where private addresses are allowed), no user info,
 * a host of the allow list, no literal private address. Names that resolve to private addresses are refused when the
 * connection is made (`guarded-agents.ts`), so that a name cannot change its mind in between.
 * @throws WebexError `host-not-allowed`
 */
export function checkUrl(url: string, rules: HostRules): URL {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new WebexError('host-not-allowed', 'A URL for Webex cannot be parsed: give an absolute https URL');
  }
  const where = `${parsed.protocol}//${parsed.host}`;
  const fail = (reason: string) => new WebexError('host-not-allowed', `${where} is not called: ${reason}`);
  if (parsed.protocol !== 'https:' && !(parsed.protocol === 'http:' && rules.allowPrivateAddresses)) {
    throw fail('only https is allowed');
  }
  if (parsed.username || parsed.password) throw fail('a URL with a user name or password is refused');
  if (!isAllowedHost(rules, parsed.host)) {
    throw fail(`the host is not among the allowed hosts. Add "${parsed.host}" there if it belongs to Webex`);
  }
  if (!rules.allowPrivateAddresses && isIP(bareHost(parsed)) !== 0 && isPrivateAddress(bareHost(parsed))) {
    throw fail('private addresses are refused');
  }
  return parsed;
}

/**
 * Whether the allow list has this `host` or `host:port` (as `URL.host` gives it: without the scheme's own port).
 * An entry without a port means the scheme's own port.
 */
export function isAllowedHost(rules: Pick<HostRules, 'allowedHosts'>, host: string): boolean {
  const asked = splitHost(host);
  return rules.allowedHosts.some((entry) => {
    const allowed = splitHost(entry);
    if (allowed.port !== asked.port) return false;
    if (!allowed.name.startsWith('*.')) return asked.name === allowed.name;
    const suffix = allowed.name.slice(1);
    return asked.name.endsWith(suffix) && asked.name.length > suffix.length;
  });
}

function splitHost(host: string): { name: string; port: string } {
  const [, name = '', port = ''] = /^(\[.*\]|[^:]*)(?::(\d+))?$/.exec(host.trim().toLowerCase()) ?? [];
  return { name: name.replace(/\.$/, ''), port: port === '443' || port === '80' ? '' : port };
}

function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}
