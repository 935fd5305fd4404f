import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

/**
 * Node 24, a development dependency. The program itself, not node_modules/.bin/node: that is a shell script which would
 * keep our signals to itself.
 */
export const NODE = join(REPOSITORY, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/**
 * Runs a program in the foreground and gives its exit code (128 + number when a signal ended it). Signals that reach us
 * are passed on, and we stay until the program has ended.
 */
export function run(program, args, options = {}) {
  return new Promise((resolve) => {
    const { env = {}, ...others } = options;
    const child = spawn(program, args, {
      cwd: REPOSITORY,
      stdio: 'inherit',
      ...others,
      env: {
        ...process.env,
        PATH: [
          join(REPOSITORY, 'node_modules', 'node', 'bin'),
          join(REPOSITORY, 'node_modules', '.bin'),
          process.env.PATH,
        ].join(delimiter),
        // Sources without their types and compiled: services and tools keep theirs at the same place.
        NODE_COMPILE_CACHE: join(REPOSITORY, '.data', 'tools', 'compile-cache'),
        ...env,
      },
    });
    // Ctrl-C in a terminal reaches the child by itself; a second SIGINT would count as "at once" there.
    const forward = (signal) => {
      if (!(signal === 'SIGINT' && process.stdin.isTTY)) child.kill(signal);
    };
    for (const signal of SIGNALS) process.on(signal, forward);
    const finish = (code) => {
      for (const signal of SIGNALS) process.off(signal, forward);
      resolve(code);
    };
    child.once('error', (error) => {
      console.error(`${program} can't be run: ${error.message}`);
      finish(1);
    });
    child.once('exit', (code, signal) => finish(code ?? 128 + (constants.signals[signal] ?? 0)));
  });
}
