import { describe, expect, it } from '@jest/globals';
import { spawnService, waitFor } from '@wxcc-wfo/testkit';
import { ROOT } from './services.ts';

const ending = new URL('./run-until-stopped.ts', import.meta.url).href;

/** A program that starts a process deaf to SIGTERM and says its pid; `rest` is what it does then. */
function program(rest: string, deadlineMs = 60_000) {
  return spawnService({
    name: 'program',
    entry: '--input-type=module',
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
    args: [
      '-e',
      `import { spawn } from 'node:child_process';
       import { once } from 'node:events';
       import { runUntilStopped } from ${JSON.stringify(ending)};
       await runUntilStopped(async ({ watchdog, onStop, unlessInterrupted, interrupted, signal }) => {
         const deaf = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('deaf')";
         const child = spawn(process.execPath, ['-e', deaf], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
         watchdog.watch(child.pid, 'SIGTERM');
         await once(child.stdout, 'data');
         const stop = (signal) => async () => {
           console.log(JSON.stringify({ stopping: signal }));
           child.kill(signal);
           await once(child, 'exit');
         };
         console.log(JSON.stringify({ pid: child.pid }));
         ${rest}
       }, ${deadlineMs});`,
    ],
    env: {},
    workingFolder: ROOT,
  });
}

const pidOf = (owner: ReturnType<typeof program>) =>
  waitFor(
    'the pid of the started process',
    () => owner.logs().find((line) => 'pid' in line)?.pid as number | undefined,
  );

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('what a program has started', () => {
  it('is stopped in order when a signal cuts it short: exit code 128 + the signal’s number', async () => {
    const owner = program(
      `onStop(stop('SIGKILL')); onStop(() => console.log(JSON.stringify({ stopping: 'the last' })));
       await unlessInterrupted(new Promise(() => {}));`,
    );
    const pid = await pidOf(owner);
    expect(await owner.kill('SIGINT')).toEqual({ code: 130, signal: null });
    expect(owner.logs().slice(1)).toEqual([{ stopping: 'the last' }, { stopping: 'SIGKILL' }]);
    expect(owner.output()).toContain('It was interrupted by SIGINT; stopping.');
    expect(alive(pid)).toBe(false);
  });

  it('is stopped when the program fails, which is said in words', async () => {
    const owner = program(`onStop(stop('SIGKILL')); throw new Error('No room for Kafka.');`);
    const pid = await pidOf(owner);
    expect(await owner.exit).toEqual({ code: 1, signal: null });
    expect(owner.output()).toContain('\nNo room for Kafka.\n');
    expect(owner.output()).not.toContain('    at ');
    expect(alive(pid)).toBe(false);
  });

  it('is stopped by a defect as well, which shows where it is', async () => {
    const owner = program(
      `onStop(stop('SIGKILL')); setTimeout(() => { throw new Error('A defect.') }, 1); await interrupted; return 0;`,
    );
    const pid = await pidOf(owner);
    expect(await owner.exit).toEqual({ code: 1, signal: null });
    expect(owner.output()).toMatch(/Error: A defect\.\n +at /);
    expect(alive(pid)).toBe(false);
  });

  it('is killed when it does not stop within the deadline', async () => {
    const owner = program(`onStop(stop('SIGTERM')); await interrupted; return 0;`, 200);
    const pid = await pidOf(owner);
    expect(await owner.kill('SIGTERM')).toEqual({ code: 1, signal: null });
    expect(owner.output()).toContain('Not everything had stopped within 0.2 s');
    await waitFor('the process to be gone', () => !alive(pid));
  });

  it('is killed at once by a second Ctrl-C, but not by the first one arriving twice', async () => {
    const owner = program(`onStop(stop('SIGTERM')); await unlessInterrupted(new Promise(() => {}));`);
    const pid = await pidOf(owner);
    process.kill(owner.pid, 'SIGINT');
    await waitFor('the stop to begin', () => owner.logs().some((line) => 'stopping' in line));
    process.kill(owner.pid, 'SIGINT');
    expect(alive(pid)).toBe(true);
    await waitFor('a later Ctrl-C to count', () => {
      if (owner.output().includes('Asked a second time')) return true;
      process.kill(owner.pid, 'SIGINT');
      return false;
    });
    expect(await owner.exit).toEqual({ code: 130, signal: null });
    await waitFor('the process to be gone', () => !alive(pid));
  });
});
