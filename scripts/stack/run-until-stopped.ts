import { constants } from 'node:os';
import { startWatchdog, unlessAborted, type Watchdog } from '@wxcc-wfo/testkit';

/** Ctrl-C leaves nothing behind within 10 s: what still lives after this is killed. */
const DEADLINE_MS = 9_000;
/** What the services get of it; the servers stop after them. Their own ordered stop ends before their grace does. */
export const SERVICE_STOP = { deadlineMs: 4_000, graceMs: 5_000 };
/** One Ctrl-C may arrive several times: through the terminal, through npm and through `run.mjs`. */
const ONE_SIGNAL_MS = 500;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export class Interrupted extends Error {
  readonly exitCode: number;
  constructor(signal: NodeJS.Signals) {
    super(`interrupted by ${signal}`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** What a program gets that starts other processes. */
export interface Ending {
  /** Watches every process that is started, so that it can be killed. */
  watchdog: Watchdog;
  /** Aborted by the first Ctrl-C, SIGTERM or SIGHUP. */
  signal: AbortSignal;
  /** Resolves then; for a program that has nothing to do but to run. */
  interrupted: Promise<void>;
  /** Leaves work that can't be called off. */
  unlessInterrupted<T>(work: Promise<T>): Promise<T>;
  /** Says how something ends that was started; what was started last ends first. */
  onStop(stop: () => unknown): void;
}

/**
 * Runs a program that starts processes, and ends this process with the code that it gives: 1 when it fails, 128 + the
 * signal's number when a signal cut it short. However it ends, what it has started is stopped in order under a deadline;
 * what remains then, or at a second signal, is killed.
 */
export async function runUntilStopped(
  program: (ending: Ending) => Promise<number>,
  deadlineMs = DEADLINE_MS,
): Promise<never> {
  const watchdog = startWatchdog();
  const abort = new AbortController();
  const stops: (() => unknown)[] = [];
  let exitCode = 1;
  let isStopping = false;
  let firstSignalMs: number | undefined;

  function kill(why: string): never {
    console.error(`${why}: what was still running has been killed.`);
    watchdog.killAll();
    process.exit(exitCode || 1);
  }
  function beginStop(): void {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => kill(`Not everything had stopped within ${deadlineMs / 1000} s`), deadlineMs);
  }
  function onSignal(signal: NodeJS.Signals): void {
    if (firstSignalMs === undefined) {
      firstSignalMs = performance.now();
      beginStop();
      abort.abort(new Interrupted(signal));
    } else if (performance.now() - firstSignalMs > ONE_SIGNAL_MS) kill('Asked a second time');
  }
  /** A defect stops everything in order, too; what was left behind at a signal may fail as the servers go. */
  function onUncaught(error: unknown): void {
    if (abort.signal.aborted) return;
    console.error(error);
    beginStop();
    abort.abort(error);
  }
  for (const signal of SIGNALS) process.on(signal, onSignal);
  for (const event of ['uncaughtException', 'unhandledRejection']) process.on(event, onUncaught);
  // A terminal that was closed takes no more lines.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

  try {
    exitCode = await program({
      watchdog,
      signal: abort.signal,
      interrupted: new Promise((resolve) => abort.signal.addEventListener('abort', () => resolve())),
      unlessInterrupted: (work) => unlessAborted(work, abort.signal),
      onStop: (stop) => stops.push(stop),
    });
    if (abort.signal.aborted && !(abort.signal.reason instanceof Interrupted)) exitCode = 1;
  } catch (error) {
    // Whatever failed after a signal failed because of it.
    const { reason } = abort.signal;
    if (reason instanceof Interrupted) exitCode = reason.exitCode;
    console.error(`\n${reason instanceof Interrupted ? `It was ${reason.message}; stopping.` : messageOf(error)}`);
  }
  beginStop();
  for (const stop of stops.reverse()) {
    try {
      await stop();
    } catch (error) {
      console.error(`While stopping: ${messageOf(error)}`);
    }
  }
  await watchdog.close();
  process.exit(exitCode);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
