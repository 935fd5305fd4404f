import type { Watchdog } from './watchdog.ts';

/** Stops and restarts one server, for tests of what the product does meanwhile. A restart keeps port and data. */
export interface ServerControl {
  /** Process id of a local server; undefined while it is down and for a container. */
  pid(): number | undefined;
  /** Sends the signal (SIGKILL unless told otherwise) and resolves when the server is gone. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Orderly stop; resolves when the server is gone. */
  stop(): Promise<void>;
  /** Starts it again; resolves when it answers. Does nothing when it runs. */
  start(): Promise<void>;
}

export type ServerName = 'kafka' | 'postgres' | 'redis';
export type ServerKind = 'environment' | 'testcontainers' | 'local';

/** What every local server is started with. */
export interface LocalStart {
  /** For its data and its log. */
  folder: string;
  watchdog: Watchdog;
  onProgress(line: string): void;
  /** Aborted, it ends what has been started so far. */
  signal?: AbortSignal | undefined;
}

/** One server as `startServers` holds it. */
export interface StartedServer {
  address: string;
  control: ServerControl;
}
