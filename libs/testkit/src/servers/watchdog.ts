import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A companion process that ends our servers and removes their data when we die without having done it ourselves. */
export interface Watchdog {
  watch(pid: number, stopSignal: NodeJS.Signals): void;
  forget(pid: number): void;
  removeFolder(path: string): void;
  keepFolder(path: string): void;
  /** Kills at once what is being watched. */
  killAll(): void;
  /** Lets the companion finish: it ends whatever is still being watched. */
  close(): Promise<void>;
}

/** Starts the companion. It lives in a session of its own, so that Ctrl-C in a terminal doesn't reach it. */
export function startWatchdog(): Watchdog {
  const child: ChildProcess = spawn(
    process.execPath,
    [fileURLToPath(new URL('process-watchdog.mjs', import.meta.url))],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: {},
    },
  );
  child.unref();
  const input = child.stdin!;
  (input as unknown as { unref?(): void }).unref?.();
  input.on('error', () => {});
  const watched = new Set<number>();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const tell = (...words: (string | number)[]) => void input.write(`${words.join('\t')}\n`);
  return {
    watch(pid, stopSignal) {
      watched.add(pid);
      tell('watch', pid, stopSignal);
    },
    forget(pid) {
      watched.delete(pid);
      tell('forget', pid);
    },
    removeFolder: (path) => tell('remove', path),
    keepFolder: (path) => tell('keep', path),
    killAll() {
      for (const pid of watched) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It has ended meanwhile.
        }
      }
    },
    async close() {
      child.ref();
      input.end();
      await exited;
    },
  };
}
