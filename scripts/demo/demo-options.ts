import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { ROOT } from '../stack/services.ts';

export interface DemoOptions {
  dataFolder: string;
  /** Empties the data folder first. */
  fresh: boolean;
  /** Unattended: compares everything with the ground truth and ends. */
  check: boolean;
  seed: string;
  tasks: number;
  /** Tasks that end per second; 0: all have ended already. */
  speed: number;
  /** Length of calls against real ones. */
  talkScale: number;
  patienceMs: number;
}

const HELP = `npm run demo [-- options]
  --check      unattended: compare every contact with the ground truth, exit 0 only if nothing differs
  --fresh      empty the demo's data first
  --tasks=N    how many tasks the simulated day has (default 60; 240 with --check)
  --speed=N    tasks that end per second (default 2; 0 with --check: all have ended already)
  --seed=S     the story; the same seed tells the same story`;

/** Options of the command line; what is not known ends the process with the list of what is. */
export function readDemoOptions(args: readonly string[]): DemoOptions {
  const values = new Map<string, string>();
  const flags = new Set<string>();
  for (const arg of args.filter((one) => one !== '--')) {
    const match = /^--(tasks|speed|seed|talk-scale)=(.+)$/.exec(arg);
    if (match) values.set(match[1]!, match[2]!);
    else if (['--check', '--fresh', '--help'].includes(arg)) flags.add(arg);
    else fail(`There is no option "${arg}".`);
  }
  if (flags.has('--help')) {
    console.log(HELP);
    process.exit(0);
  }
  const check = flags.has('--check');
  const number = (name: string, fallback: number) => {
    const value = Number(values.get(name) ?? fallback);
    if (!Number.isFinite(value) || value < 0) fail(`--${name} must be a number from 0.`);
    return value;
  };
  return {
    dataFolder: resolve(process.env.WFO_DATA_FOLDER ?? `${ROOT}/.data/${check ? 'demo-check' : 'demo'}`),
    fresh: check || flags.has('--fresh'),
    check,
    seed: values.get('seed') ?? (check ? '2026' : String(randomInt(1, 1_000_000))),
    tasks: number('tasks', check ? 240 : 60),
    speed: number('speed', check ? 0 : 2),
    talkScale: number('talk-scale', 1),
    patienceMs: 180_000,
  };
}

function fail(reason: string): never {
  console.error(`${reason}\n${HELP}`);
  process.exit(2);
}
