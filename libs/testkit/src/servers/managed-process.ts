import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { commandMissing } from './maven.ts';
import type { ServerControl } from './server-control.ts';
import type { Watchdog } from './watchdog.ts';

export interface ManagedProcessOptions {
  /** What a person calls it, for messages. */
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  workingFolder: string;
  user?: { uid: number; gid: number } | undefined;
  /** Standard output and error go here; its end is quoted when the process fails. */
  logFile: string;
  stopSignal: NodeJS.Signals;
  /** After this the stop signal is followed by SIGKILL. */
  graceMs: number;
  /** Resolves when the server answers its own protocol; rejected or slow attempts are repeated until `readyWithinMs`. */
  answers(): Promise<void>;
  readyWithinMs: number;
  /** Text in the output of a failed start after which another attempt is worth making. */
  passingFailure?: string;
  watchdog: Watchdog;
  /** Aborted during a start, it ends the process and the start fails. */
  signal?: AbortSignal | undefined;
}

const PROBE_INTERVAL_MS = 40;

/** Lines at the end of a log file, for an error message. */
function tailOf(logFile: string, lines = 15): string {
  try {
    return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  } catch {
    return '(no output)';
  }
}

/** A child process that can be stopped, killed and started again with the same command, hence on the same port and data. */
export function createManagedProcess(options: ManagedProcessOptions): ServerControl {
  let child: ChildProcess | undefined;
  let exited: Promise<void> = Promise.resolve();
  let asked = false;
  let isMissing = false;

  function launch(): ChildProcess {
    const log = openSync(options.logFile, 'a');
    const started = spawn(options.command, options.args, {
      cwd: options.workingFolder,
      env: options.env ?? process.env,
      stdio: ['ignore', log, log],
      // A session of its own: Ctrl-C must reach us only, so that we stop the servers in order after their clients.
      detached: true,
      ...(options.user ?? {}),
    });
    closeSync(log);
    started.unref();
    exited = new Promise((resolve) => {
      const finish = () => {
        if (started.pid !== undefined) options.watchdog.forget(started.pid);
        if (child === started) child = undefined;
        resolve();
      };
      started.once('exit', finish);
      started.once('error', (error: NodeJS.ErrnoException) => {
        isMissing = error.code === 'ENOENT';
        finish();
      });
    });
    if (started.pid !== undefined) options.watchdog.watch(started.pid, options.stopSignal);
    return started;
  }

  async function untilAnswering(): Promise<void> {
    const deadlineMs = Date.now() + options.readyWithinMs;
    let lastError: unknown;
    while (Date.now() < deadlineMs) {
      if (child === undefined) {
        if (isMissing) throw new Error(commandMissing(options.name, options.command));
        throw new Error(
          `${options.name} ended while starting. The end of ${options.logFile}:\n${tailOf(options.logFile)}`,
        );
      }
      try {
        await options.answers();
        return;
      } catch (error) {
        lastError = error;
      }
      await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS));
    }
    throw new Error(
      `${options.name} did not answer within ${options.readyWithinMs / 1000} s (${String(lastError)}). The end of ${options.logFile}:\n${tailOf(options.logFile)}`,
    );
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    asked = true;
    const ending = child;
    if (ending === undefined) return;
    ending.ref();
    ending.kill(signal);
    const timer = setTimeout(() => ending.kill('SIGKILL'), options.graceMs);
    await exited;
    clearTimeout(timer);
  }

  return {
    pid: () => child?.pid,
    kill: (signal = 'SIGKILL') => end(signal),
    stop: () => end(options.stopSignal),
    async start() {
      if (child !== undefined) return;
      const { signal } = options;
      const deadlineMs = Date.now() + options.readyWithinMs;
      const onAbort = () => void end(options.stopSignal);
      signal?.addEventListener('abort', onAbort);
      try {
        for (;;) {
          signal?.throwIfAborted();
          child = launch();
          asked = false;
          try {
            return await untilAnswering();
          } catch (error) {
            const isUnwanted = asked;
            await end('SIGKILL');
            signal?.throwIfAborted();
            const passing = options.passingFailure !== undefined && String(error).includes(options.passingFailure);
            if (isUnwanted || !passing || Date.now() > deadlineMs) throw error;
          }
          await new Promise((resolve) => setTimeout(resolve, PROBE_INTERVAL_MS));
        }
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
  };
}
