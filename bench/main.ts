// `npm run bench`: measures the product against floors of the same run; exit code 1 if a target is missed.
import { mkdirSync, rmSync } from 'node:fs';
import { ROOT } from '../scripts/stack/services.ts';
import { run as importBench } from '../services/media-import/bench/import.ts';
import { audioBench } from './audio/audio-bench.ts';
import { captureBench } from './capture-bench.ts';
import { latencyBench } from './latency/latency-bench.ts';
import { type Benchmark, formatTable, type Measurement } from './measurement.ts';
import { pipelineBench } from './pipeline/pipeline-bench.ts';
import { propagationBench } from './propagation-bench.ts';
import { syncBench } from './sync/sync-bench.ts';

const BENCHMARKS: Benchmark[] = [
  pipelineBench,
  latencyBench,
  captureBench,
  { name: 'import', run: importBench },
  audioBench,
  propagationBench,
  syncBench,
];
const HELP = `npm run bench [-- options]
  --only=NAME  one of ${BENCHMARKS.map(({ name }) => name).join(', ')}; may be given several times
  --quick      fewer rounds, smaller amounts`;

function chosen(args: readonly string[]): { benchmarks: Benchmark[]; quick: boolean } {
  const names = args.filter((arg) => arg.startsWith('--only=')).map((arg) => arg.slice('--only='.length));
  const unknown = args.filter((arg) => arg !== '--quick' && !arg.startsWith('--only='));
  const missing = names.filter((name) => !BENCHMARKS.some((benchmark) => benchmark.name === name));
  if (unknown.length > 0 || missing.length > 0) {
    console.error(`Not known: ${[...unknown, ...missing].join(', ')}.\n${HELP}`);
    process.exit(2);
  }
  const benchmarks = BENCHMARKS.filter(({ name }) => names.length === 0 || names.includes(name));
  return { benchmarks, quick: args.includes('--quick') };
}

const { benchmarks, quick } = chosen(process.argv.slice(2).filter((arg) => arg !== '--'));
const folder = `${ROOT}/.data/bench-${process.pid}`;
const measurements: Measurement[] = [];
let failed = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    // Servers and services have watchdogs that end them with us.
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}
for (const { name, run } of benchmarks) {
  const say = (line: string) => console.log(`· ${name}: ${line}`);
  const own = `${folder}/${name}`;
  mkdirSync(own, { recursive: true });
  say('begins');
  try {
    measurements.push(...(await run({ quick, folder: own, say })));
  } catch (error) {
    failed = true;
    console.error(`${name} could not be measured: ${(error as Error).stack}`);
  }
  rmSync(own, { recursive: true, force: true });
}
rmSync(folder, { recursive: true, force: true });
console.log(`\n${formatTable(measurements)}`);
const missed = measurements.filter(({ passed }) => !passed).length;
console.log(`\n${measurements.length - missed} passed, ${missed} missed.`);
process.exit(failed || missed > 0 ? 1 : 0);
