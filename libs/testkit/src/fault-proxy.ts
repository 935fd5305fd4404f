import { connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';

export interface FaultProxy {
  host: string;
  port: number;
  /** `host:port` of the proxy. */
  address: string;
  /** Connections that are open now. */
  connections(): number;
  /** Connections accepted since the start, those refused not counted. */
  accepted(): number;
  /** Ends every open connection with a reset; new ones are still let in. */
  cut(): void;
  /** Ends every open connection and resets new ones at once, as a stopped server does. */
  refuse(): void;
  /** Keeps connections open and lets nothing through, as a dead network path does (new connections are accepted, too). */
  halfOpen(): void;
  /** Each piece arrives this much later, in both directions. */
  delay(ms: number): void;
  /** At most this many bytes a second, per connection and direction. */
  throttle(bytesPerSecond: number): void;
  /** Lets this many more bytes through towards the client, over all connections together, then cuts. */
  limitBytes(bytes: number): void;
  /** Lets everything through again; what a half-open connection held back is delivered. */
  heal(): void;
  close(): Promise<void>;
}

interface Fault {
  refuse: boolean;
  hold: boolean;
  delayMs: number;
  bytesPerSecond: number;
  bytesLeft: number;
}

const HEALTHY: Fault = {
  refuse: false,
  hold: false,
  delayMs: 0,
  bytesPerSecond: Number.POSITIVE_INFINITY,
  bytesLeft: Number.POSITIVE_INFINITY,
};

function reset(socket: Socket): void {
  if (!socket.destroyed) socket.resetAndDestroy();
}

/**
 * A TCP proxy on 127.0.0.1 that can break the path to `target` in the ways networks do. It does not speak the protocol
 * that passes through. A Kafka client leaves a proxy after its first answer (it connects to the advertised address), so
 * for a broker stop the server itself (`ServerControl`).
 */
export async function faultProxy(options: { target: { host: string; port: number } }): Promise<FaultProxy> {
  let fault: Fault = { ...HEALTHY };
  const released = new Set<() => void>();
  const pairs = new Set<() => void>();
  let accepted = 0;

  const untilReleased = () => new Promise<void>((resolve) => released.add(resolve));
  const release = () => {
    for (const resolve of released) resolve();
    released.clear();
  };
  const cutAll = () => {
    for (const cut of [...pairs]) cut();
    release();
  };

  function path(towardsClient: boolean, cut: () => void): Transform {
    return new Transform({
      async transform(chunk: Buffer, _encoding, done) {
        while (fault.hold) await untilReleased();
        const waitMs = fault.delayMs + (chunk.length / fault.bytesPerSecond) * 1000;
        if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
        if (!towardsClient || chunk.length <= fault.bytesLeft) {
          if (towardsClient) fault.bytesLeft -= chunk.length;
          done(null, chunk);
          return;
        }
        this.push(chunk.subarray(0, fault.bytesLeft));
        fault.bytesLeft = 0;
        done();
        // The allowed bytes leave first; a reset at once would throw them away.
        setImmediate(cut);
      },
    });
  }

  const server = createServer({ allowHalfOpen: true }, (client) => {
    client.on('error', () => {});
    if (fault.refuse) {
      reset(client);
      return;
    }
    accepted++;
    const upstream = connect({ ...options.target, allowHalfOpen: true });
    const cut = () => {
      pairs.delete(cut);
      reset(client);
      reset(upstream);
    };
    pairs.add(cut);
    client.setNoDelay(true);
    upstream.setNoDelay(true);
    for (const socket of [client, upstream]) {
      socket.on('error', cut);
      socket.on('close', () => {
        if (client.destroyed && upstream.destroyed) pairs.delete(cut);
      });
    }
    client.pipe(path(false, cut)).pipe(upstream);
    upstream.pipe(path(true, cut)).pipe(client);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  const change = (difference: Partial<Fault>) => {
    fault = { ...fault, ...difference };
  };

  return {
    host: '127.0.0.1',
    port,
    address: `127.0.0.1:${port}`,
    connections: () => pairs.size,
    accepted: () => accepted,
    cut: cutAll,
    refuse() {
      change({ refuse: true });
      cutAll();
    },
    halfOpen: () => change({ hold: true }),
    delay: (ms) => change({ delayMs: ms }),
    throttle: (bytesPerSecond) => change({ bytesPerSecond }),
    limitBytes: (bytes) => change({ bytesLeft: bytes }),
    heal() {
      fault = { ...HEALTHY };
      release();
    },
    async close() {
      fault = { ...HEALTHY, refuse: true };
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
