// Entry of `npm run demo|up|test|bench|check|format|docs`. Plain JS without dependencies, for whatever Node (20 or
// newer) a machine has: it looks whether the machine can do it, installs what is missing and hands over to Node 24.
import { install } from './lib/install.mjs';
import { fail, missingForServers, missingForStart } from './lib/machine.mjs';
import { NODE, REPOSITORY, run } from './lib/process.mjs';
import { runTests } from './lib/test.mjs';

const JAVASCRIPT = {
  biome: 'node_modules/@biomejs/biome/bin/biome',
  tsc: 'node_modules/typescript/bin/tsc',
};

/** What each command runs, one after the other; `servers` tells that Kafka, PostgreSQL and Redis are needed. */
const COMMANDS = {
  demo: { servers: true, steps: (args) => [['scripts/demo/main.ts', ...args]] },
  up: { servers: true, steps: (args) => [['scripts/up.ts', ...args]] },
  bench: { servers: true, steps: (args) => [['bench/main.ts', ...args]] },
  docs: { servers: false, steps: (args) => [['scripts/generate-docs.ts', ...args]] },
  format: {
    servers: false,
    steps: (args) => [[JAVASCRIPT.biome, 'format', '--write', ...(args.length ? args : ['.'])]],
  },
  check: {
    servers: false,
    steps: () => [
      [JAVASCRIPT.biome, 'check', '.'],
      [JAVASCRIPT.tsc, '--noEmit', '-p', 'tsconfig.json'],
      ['scripts/check-imports.ts'],
    ],
  },
  test: { servers: process.env.WFO_TEST_SERVERS !== 'none' },
};

const [command, ...rest] = process.argv.slice(2);
const args = rest[0] === '--' ? rest.slice(1) : rest;
const wanted = COMMANDS[command];
if (wanted === undefined) {
  fail([
    `There is no command "${command ?? ''}". Use one of: ${Object.keys(COMMANDS)
      .map((name) => `npm run ${name}`)
      .join(', ')}.`,
  ]);
}

const missing = [...missingForStart(), ...(wanted.servers ? await missingForServers() : [])];
if (missing.length > 0) fail(missing);

// What is measured from the start is measured from here, installing included.
process.env.WFO_STARTED_MS = String(Math.round(performance.timeOrigin));
process.chdir(REPOSITORY);
await install();

let code = 0;
if (command === 'test') {
  code = await runTests(args);
} else {
  for (const step of wanted.steps(args)) {
    // Each step of a check says what it finds, so that one run shows everything.
    code = (await run(NODE, step)) || code;
  }
}
if (command === 'check' && code === 0) console.log('Checked: format and lint, types, imports. No complaint.');
process.exitCode = code;
