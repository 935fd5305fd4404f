import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { optionsFromEnvironment } from './options.ts';

function start(env: Record<string, string>): ChildProcess {
  const path = new URL('./server.ts', import.meta.url).pathname;
  // Not `node` by name: a package manager's shim of it would get the signal instead.
  return spawn(process.execPath, [path], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
}

describe('the simulator as a process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('says where it listens and ends on %s within two seconds', async (signal) => {
    const child = start({ SIM_TASKS: '20', SIM_SPEED: '5' });
    const [line] = (await once(child.stdout!, 'data')) as [Buffer];
    const { baseUrl, controlUrl, orgId } = JSON.parse(line.toString());
    const truth = (await (await fetch(`${controlUrl}/control/ground-truth`)).json()) as { tasks: unknown[] };
    expect(truth.tasks).toHaveLength(20);
    expect((await fetch(`${baseUrl}/organization/${orgId}/user`)).status).toBe(400);
    const started = performance.now();
    child.kill(signal);
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(0);
    expect(performance.now() - started).toBeLessThan(2_000);
  });

  it('names every wrong variable', () => {
    expect(() => optionsFromEnvironment({ SIM_PORT: 'x', SIM_RESOLVE: 'nonsense' })).toThrow(
      /SIM_PORT is "x"[\s\S]*SIM_RESOLVE has "nonsense"/,
    );
  });

  it('reads a map of published hosts', () => {
    const { resolve } = optionsFromEnvironment({
      SIM_RESOLVE: 'https://a.example=http://127.0.0.1:1, https://b.example=http://127.0.0.1:2/',
    });
    expect(resolve).toEqual({ 'https://a.example': 'http://127.0.0.1:1', 'https://b.example': 'http://127.0.0.1:2' });
  });
});
