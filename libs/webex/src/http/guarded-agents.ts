import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Agent } from 'undici';
import { isPrivateAddress } from './host-policy.ts';

/** Thrown inside a connection attempt whose name resolved to an address that must not be reached. */
export class PrivateAddressError extends Error {
  readonly code = 'PRIVATE_ADDRESS';
}

export interface GuardedAgents {
  /** For API calls: answers are bounded. */
  api: Agent;
  /** For files of any size. */
  files: Agent;
}

const MAX_API_ANSWER_BYTES = 128 * 1024 * 1024;
const CONNECT_TIMEOUT_MS = 5_000;

const agents = new Map<boolean, GuardedAgents>();

/** The connection pools of this process; one pair is shared by all clients, whatever their tenant. */
export function guardedAgents(allowPrivateAddresses: boolean): GuardedAgents {
  const existing = agents.get(allowPrivateAddresses);
  if (existing) return existing;
  const connect = { timeout: CONNECT_TIMEOUT_MS, ...(allowPrivateAddresses ? {} : { lookup: publicOnly }) };
  // HTTP/1.1 alone, though undici offers HTTP/2 by itself: cutting an answer off, time-outs and `sendBy` are tested with
  // a connection of its own per request, not with streams that share one.
  const created: GuardedAgents = {
    api: new Agent({ connect, allowH2: false, maxResponseSize: MAX_API_ANSWER_BYTES }),
    files: new Agent({ connect, allowH2: false }),
  };
  agents.set(allowPrivateAddresses, created);
  return created;
}

/** Closes the pools at the end of a process; calls in flight are finished first. */
export async function closeWebexConnections(): Promise<void> {
  const all = [...agents.values()];
  agents.clear();
  await Promise.all(all.flatMap((pair) => [pair.api.close(), pair.files.close()]));
}

/** Resolves as the system does, but fails when any address of the name is private: one bad address taints the name. */
const publicOnly: LookupFunction = (hostname, options, callback) => {
  resolve(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '', 0);
    const bad = addresses.find(({ address }) => isPrivateAddress(address));
    if (bad) return callback(new PrivateAddressError(`${hostname} resolves to a private address`), '', 0);
    if (options.all) return callback(null, addresses as never, 0);
    const first = addresses[0];
    if (!first) return callback(new PrivateAddressError(`${hostname} has no address`), '', 0);
    callback(null, first.address, first.family);
  });
};
