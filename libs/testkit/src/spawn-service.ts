import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import { COMPILE_CACHE } from './servers/tool-cache.ts';
import { waitFor } from './wait-for.ts';

export interface SpawnServiceOptions {
  name: string;
  /** Path of the file that Node runs, e.g. `services/oauth/src/server.ts`. */
  entry: string;
  /** The whole environment beside PATH, TZ and Node's compile cache; nothing else is inherited. */
  env: Record<string, string>;
  args?: string[];
  /** Node's own options, e.g. `['--import', './telemetry.ts']`. */
  nodeOptions?: string[];
  /** Base URL of its HTTP server, for `ready()`. */
  url?: string;
  workingFolder?: string;
}

export interface ServiceExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface SpawnedService {
  name: string;
  pid: number;
  /** Standard output and error so far, in the order of arrival. */
  output(): string;
  /** Lines of the output that are JSON objects, as logs are. */
  logs(): Record<string, unknown>[];
  /** Resolves when GET /ready answers 200; fails when the process ends first or the time is up, with the end of its output. */
  ready(options?: { timeoutMs?: number }): Promise<void>;
  /** Sends a signal (SIGTERM unless told otherwise) and resolves with how it ended. */
  kill(signal?: NodeJS.Signals): Promise<ServiceExit>;
  exit: Promise<ServiceExit>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const get = request(url, { timeout: 2000, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    get.on('timeout', () => get.destroy(new Error('no answer in 2 s')));
    get.on('error', reject);
    get.end();
  });
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    try {
      return [JSON.parse(line) as Record<string, unknown>];
    } catch {
      return [];
    }
  });
}

/** Runs a service as it runs in production, a process of its own. It is killed when the test process exits. */
export function spawnService(options: SpawnServiceOptions): SpawnedService {
  const child = spawn(process.execPath, [...(options.nodeOptions ?? []), options.entry, ...(options.args ?? [])], {
    cwd: options.workingFolder ?? process.cwd(),
    env: { PATH: process.env.PATH, TZ: 'UTC', NODE_COMPILE_CACHE: COMPILE_CACHE, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  const capture = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', capture);
  child.stderr.on('data', capture);
  let ended: ServiceExit | undefined;
  const exit = new Promise<ServiceExit>((resolve) => {
    const finish = (result: ServiceExit) => {
      ended = result;
      running.delete(child);
      resolve(result);
    };
    child.once('error', (error) => {
      output += `${error.message}\n`;
      finish({ code: null, signal: null });
    });
    child.once('close', (code, signal) => finish({ code, signal }));
  });
  const tail = () => output.trimEnd().split('\n').slice(-20).join('\n');

  return {
    name: options.name,
    pid: child.pid ?? -1,
    output: () => output,
    logs: () => jsonLines(output),
    exit,
    async ready({ timeoutMs = 60_000 } = {}) {
      if (options.url === undefined)
        throw new Error(`${options.name} was spawned without "url", so ready() can't ask it.`);
      const failed = () => new Error(`${options.name} is not ready. The end of its output:\n${tail()}`);
      const answer = await waitFor(
        `${options.name} to answer GET /ready with 200`,
        async () => {
          if (ended !== undefined) return 'ended' as const;
          const status = await statusOf(`${options.url}/ready`);
          if (status !== 200) throw new Error(`status ${status}`);
          return 'ready' as const;
        },
        { timeoutMs, intervalMs: 50 },
      ).catch((error: Error) => {
        throw new Error(`${error.message}. The end of its output:\n${tail()}`);
      });
      if (answer === 'ended') throw failed();
    },
    async kill(signal = 'SIGTERM') {
      if (ended === undefined) child.kill(signal);
      return exit;
    },
  };
}
