import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { COMPILE_CACHE, type Watchdog, waitFor } from '@wxcc-wfo/testkit';
import { ROOT } from './services.ts';

export interface ProcessPlan {
  name: string;
  /** File that Node runs, relative to the repository. */
  entry: string;
  nodeOptions?: string[];
  /** Its whole environment beside PATH, TZ and Node's compile cache. */
  env: Record<string, string>;
  logFile: string;
  /** Receives how it ended, if it ended unasked. */
  onCrash?: ((reason: string) => void) | undefined;
}

/** A process of ours that can be killed and started again with the same plan. */
export interface ManagedProcess {
  readonly name: string;
  readonly logFile: string;
  pid(): number | undefined;
  start(): void;
  /** Sends a signal and waits for the end; SIGKILL follows when `graceMs` have passed. */
  stop(signal?: NodeJS.Signals, graceMs?: number): Promise<number | NodeJS.Signals | null>;
  /** The end of its log, for an error message. */
  logTail(): string;
  /** How it ended, if it ended unasked. */
  crashed(): string | undefined;
}

/** It gets a session of its own, so that Ctrl-C in a terminal reaches us alone and the stop stays ordered. */
export function manageProcess(plan: ProcessPlan, watchdog: Watchdog): ManagedProcess {
  mkdirSync(dirname(plan.logFile), { recursive: true });
  let child: ChildProcess | undefined;
  let ended: Promise<number | NodeJS.Signals | null> | undefined;
  let crash: string | undefined;
  let asked = false;
  return {
    name: plan.name,
    logFile: plan.logFile,
    pid: () => child?.pid,
    start() {
      const log = createWriteStream(plan.logFile, { flags: 'a' });
      asked = false;
      crash = undefined;
      const started = spawn(process.execPath, [...(plan.nodeOptions ?? []), plan.entry], {
        cwd: ROOT,
        // Stripped and compiled sources are kept: the next start takes half the time and less memory.
        env: { PATH: process.env.PATH ?? '', TZ: 'UTC', NODE_COMPILE_CACHE: COMPILE_CACHE, ...plan.env },
        stdio: ['ignore', 'pipe', 'pipe'],
        detached: true,
      });
      child = started;
      const pid = started.pid;
      if (pid) watchdog.watch(pid, 'SIGTERM');
      started.stdout.pipe(log, { end: false });
      started.stderr.pipe(log, { end: false });
      ended = new Promise((resolve) => {
        started.once('close', (code, signal) => {
          if (pid) watchdog.forget(pid);
          log.end();
          child = undefined;
          if (!asked) {
            crash = `${plan.name} ended unasked (${signal ?? `exit code ${code}`})`;
            plan.onCrash?.(crash);
          }
          resolve(signal ?? code);
        });
      });
    },
    async stop(signal = 'SIGTERM', graceMs = 8_000) {
      if (!child || !ended) return null;
      asked = true;
      child.kill(signal);
      const timer = setTimeout(() => child?.kill('SIGKILL'), graceMs);
      try {
        return await ended;
      } finally {
        clearTimeout(timer);
      }
    },
    logTail() {
      try {
        return readFileSync(plan.logFile, 'utf8').trimEnd().split('\n').slice(-15).join('\n');
      } catch {
        return '(no log)';
      }
    },
    crashed: () => crash,
  };
}

/** Waits until `GET url` answers 200; fails with the end of the log when the process ends first. */
export async function waitUntilReady(managed: ManagedProcess, url: string, timeoutMs = 60_000): Promise<void> {
  try {
    await waitFor(
      `${managed.name} to be ready`,
      async () => {
        const crash = managed.crashed();
        if (crash) return crash;
        const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
        await answer.body?.cancel();
        return answer.ok ? 'ready' : undefined;
      },
      { timeoutMs, intervalMs: 40 },
    );
  } catch (error) {
    throw new Error(`${(error as Error).message}\nThe end of ${managed.logFile}:\n${managed.logTail()}`);
  }
  const crash = managed.crashed();
  if (crash) throw new Error(`${crash}. The end of ${managed.logFile}:\n${managed.logTail()}`);
}
