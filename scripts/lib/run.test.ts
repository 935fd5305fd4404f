import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { spawnService, waitFor } from '@wxcc-wfo/testkit';

const run = fileURLToPath(new URL('../run.mjs', import.meta.url));
const library = new URL('./process.mjs', import.meta.url).href;

it('names the commands when asked for one that does not exist', async () => {
  const service = spawnService({ name: 'run', entry: run, args: ['dmeo'], env: {} });
  expect((await service.exit).code).toBe(1);
  expect(service.output()).toContain('There is no command "dmeo". Use one of: npm run demo, npm run up');
});

it('says in plain words that Java is missing and what would do instead', async () => {
  const env = { PATH: '/nowhere', WFO_SERVERS: 'local' };
  const service = spawnService({ name: 'run', entry: run, args: ['demo'], env });
  expect((await service.exit).code).toBe(1);
  expect(service.output()).toMatch(
    /Java is missing: .*apt-get install openjdk-17.*start a Docker engine; or set KAFKA_BROKERS/,
  );
});

// Root may use every socket; then somebody else asks, if he can read this checkout.
const asSomebody: SpawnSyncOptions = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
const canAsk =
  process.platform !== 'win32' &&
  spawnSync(process.execPath, ['--check', run], { ...asSomebody, env: {} }).status === 0;
const itAsSomebody = canAsk ? it : it.skip;

itAsSomebody(
  `names a Docker socket that refuses this account${canAsk ? '' : ' (left out: only root can read this)'}`,
  async () => {
    const folder = mkdtempSync(`${tmpdir()}/wfo-docker-`);
    chmodSync(folder, 0o755);
    const socket = `${folder}/docker.sock`;
    const engine = createServer();
    await new Promise<void>((resolve) => engine.listen(socket, resolve));
    chmodSync(socket, 0);
    const env = { PATH: '/nowhere', DOCKER_HOST: `unix://${socket}` };
    const { status, stderr } = spawnSync(process.execPath, [run, 'demo'], { ...asSomebody, env, encoding: 'utf8' });
    engine.close();
    rmSync(folder, { recursive: true });
    expect(status).toBe(1);
    expect(stderr).toContain(`whose socket ${socket} refuses it (sudo usermod -aG docker`);
  },
);

it('passes signals on, waits for the program to end and hands its exit code back', async () => {
  const program = `process.on('SIGTERM', () => { console.log('{"said":"bye"}'); process.exit(7) });
    console.log('{"said":"here"}'); setInterval(() => {}, 1000)`;
  const owner = spawnService({
    name: 'owner',
    entry: '--input-type=module',
    args: [
      '-e',
      `import { NODE, run } from ${JSON.stringify(library)}; process.exitCode = await run(NODE, ['-e', ${JSON.stringify(program)}]);`,
    ],
    env: {},
  });
  await waitFor('the program', () => owner.logs().length === 1);
  expect(await owner.kill('SIGTERM')).toEqual({ code: 7, signal: null });
  expect(owner.logs()).toEqual([{ said: 'here' }, { said: 'bye' }]);
});
