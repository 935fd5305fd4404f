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
