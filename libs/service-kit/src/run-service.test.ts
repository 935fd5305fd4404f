import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { freePort, type SpawnedService, spawnService, waitFor } from '@wxcc-wfo/testkit';

const entry = fileURLToPath(new URL('../fixtures/life.ts', import.meta.url));

function start(env: Record<string, string> = {}): SpawnedService {
  return spawnService({ name: 'life', entry, env: { SECRET: 'abc', ...env } });
}
const event = (service: SpawnedService, name: string) => service.logs().find((line) => line.event === name);
const listening = (service: SpawnedService) =>
  waitFor('the listening line', () => event(service, 'listening')?.url as string | undefined);
const steps = (service: SpawnedService) => service.logs().flatMap((line) => (line.msg === 'step' ? [line.step] : []));

describe('the life of a process', () => {
  it('says where it listens, in one line and in a file, and answers there', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kit-life-'));
    const file = join(folder, 'life.json');
    const service = start({ LISTENING_FILE: file, LOG_LEVEL: 'silent' });
    const url = await listening(service);
    const told = await waitFor('the file', () => JSON.parse(readFileSync(file, 'utf8')));
    expect(told).toEqual({ service: 'life', url, pid: service.pid });
    expect(await (await fetch(url)).text()).toBe('running');
    await service.kill();
    rmSync(folder, { recursive: true });
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('%s: not ready, its stop list in order, exit code 0', async (signal) => {
    const service = start();
    await listening(service);
    expect(await service.kill(signal)).toEqual({ code: 0, signal: null });
    expect(steps(service)).toEqual(['intake', 'drain']);
    expect(service.logs().find((line) => line.msg === 'step')?.phase).toBe('stopping');
    expect(event(service, 'stopped')).toMatchObject({ exitCode: 0, failedSteps: [] });
  });

  it('asked to stop while it starts, it stops as soon as it has started', async () => {
    const service = start({ FAULT: 'slow-start' });
    await waitFor('the start', () => service.output().includes('starting slowly'));
    expect(await service.kill()).toEqual({ code: 0, signal: null });
    expect(steps(service)).toEqual(['intake', 'drain']);
    expect(event(service, 'listening')).toBeUndefined();
  });

  it('a stop that hangs is cut short at the deadline, with exit code 1', async () => {
    const service = start({ FAULT: 'hang', SHUTDOWN_DEADLINE_MS: '200' });
    await listening(service);
    expect(await service.kill()).toEqual({ code: 1, signal: null });
    expect(event(service, 'stopped')).toMatchObject({ failedSteps: ['drain', 'http', 'telemetry'] });
  });

  it('a second signal ends it at once', async () => {
    const service = start({ FAULT: 'hang', SHUTDOWN_DEADLINE_MS: '600000' });
    await listening(service);
    void service.kill();
    await waitFor('the stop to begin', () => steps(service).length === 2);
    expect(await service.kill('SIGINT')).toEqual({ code: 1, signal: null });
    expect(event(service, 'stop-forced')).toBeDefined();
  });

  it('a step that fails keeps no other from running, but shows in the exit code', async () => {
    const service = start({ FAULT: 'step' });
    await listening(service);
    expect((await service.kill()).code).toBe(1);
    expect(event(service, 'stopped')).toMatchObject({ failedSteps: ['drain'] });
  });

  it.each(['throw', 'reject'])(
    'an error that nobody caught (%s) is logged and ends it with exit code 1',
    async (fault) => {
      const service = start({ FAULT: fault });
      await fetch(await listening(service)).catch(() => undefined);
      expect(await service.exit).toEqual({ code: 1, signal: null });
      expect(event(service, 'crashed')).toMatchObject({ level: 'fatal', err: { message: 'nobody caught this' } });
    },
  );

  it('a part that gives up ends it in order with exit code 1', async () => {
    const service = start({ FAULT: 'fail' });
    await fetch(await listening(service));
    expect((await service.exit).code).toBe(1);
    expect(steps(service)).toEqual(['intake', 'drain']);
    expect(event(service, 'failed')).toMatchObject({ err: { message: 'the consumer crashed for good' } });
  });

  it('a start that fails says why, without the password in it', async () => {
    const service = start({ FAULT: 'start' });
    expect((await service.exit).code).toBe(1);
    expect(event(service, 'start-failed')).toMatchObject({ err: { message: 'no broker at redis://[redacted]@host' } });
    expect(service.output()).not.toContain('hunter2');
  });

  it('a configuration that is not usable is refused with every problem', async () => {
    const service = start({ SECRET: 'x', FAULT: 'other', SHUTDOWN_DEADLINE_MS: 'soon' });
    expect((await service.exit).code).toBe(1);
    const problems = event(service, 'configuration-refused')?.problems as string[];
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(['SHUTDOWN_DEADLINE_MS', 'FAULT', 'SECRET']);
  });

  it('serves metrics on a port of their own, where telemetry is loaded', async () => {
    const port = await freePort();
    const service = start({ METRICS_PORT: String(port) });
    await listening(service);
    expect((await fetch(`http://127.0.0.1:${port}/metrics`)).status).toBe(503);
    const second = start({ METRICS_PORT: String(port) });
    expect((await second.exit).code).toBe(1);
    expect(event(second, 'start-failed')).toMatchObject({ err: { errorCode: 'EADDRINUSE' } });
    expect((await service.kill()).code).toBe(0);
  });
});
