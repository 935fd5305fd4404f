import { readdirSync, readFileSync } from 'node:fs';
import { type RunningServers, startServers } from '@wxcc-wfo/testkit';
import { startStack } from '../scripts/stack/start-stack.ts';

type StackOptions = Parameters<typeof startStack>[0];
const TICKS_PER_SECOND = 100;

export type BenchStack = Awaited<ReturnType<typeof startStack>> & { servers: RunningServers; close(): Promise<void> };

/**
 * Real servers on data of their own and every service of the product as its own process. BENCH_NODE_OPTIONS goes to the
 * services, e.g. `--cpu-prof --cpu-prof-dir=…`.
 */
export async function startBenchStack(
  o: Omit<StackOptions, 'servers' | 'dataFolder' | 'webex'> & { folder: string; webex?: StackOptions['webex'] },
): Promise<BenchStack> {
  const { folder, webex = {}, ...options } = o;
  const nodeOptions = process.env.BENCH_NODE_OPTIONS;
  const profiling: Record<string, string> = nodeOptions ? { NODE_OPTIONS: nodeOptions } : {};
  const servers = await startServers({ dataFolder: `${folder}/servers` });
  try {
    const stack = await startStack({
      dataFolder: folder,
      servers,
      webex,
      ...options,
      environment: {
        LOG_LEVEL: 'warn',
        ...profiling,
        ...options.environment,
      },
    });
    const close = async () => {
      await stack.stop();
      await servers.stop();
    };
    return { ...stack, servers, close };
  } catch (error) {
    await servers.stop();
    throw error;
  }
}

/**
 * Resident memory of a process, its highest so far, and how much of it are mapped files, in MB: nearly all of that is the
 * Node program, which every service shares. Some kernels map it whole (80 MB), others what is used of it (45 MB).
 */
export function residentMemory(pid: number): { nowMb: number; peakMb: number; filesMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
  return {
    nowMb: kilobytes('VmRSS') / 1024,
    peakMb: kilobytes('VmHWM') / 1024,
    filesMb: kilobytes('RssFile') / 1024,
  };
}

interface ProcessTimes {
  pid: number;
  parent: number;
  program: string;
  seconds: number;
}

function timesOf(pid: number): ProcessTimes | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const program = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'));
    // With the time of children that have ended: Postgres has a process per connection.
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + fields[field]!, 0);
    return { pid, parent: fields[1]!, program, seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return undefined; // ended meanwhile
  }
}

/** Processor time that our servers and the given processes have used so far, in seconds by name. */
export function processorTimes(named: Record<string, number>): Map<string, number> {
  const processes = readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (timesOf(Number(name)) ?? []) : []));
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const names = new Map(Object.entries(named).map(([name, pid]) => [pid, name]));
  const isOurs = (one: ProcessTimes | undefined): boolean =>
    one !== undefined && (one.parent === process.pid || isOurs(byPid.get(one.parent)));
  const times = new Map<string, number>();
  for (const one of processes) {
    if (!isOurs(one)) continue;
    const name = names.get(one.pid) ?? (/java|postgres/.exec(one.program)?.[0] || undefined);
    if (name !== undefined) times.set(name, (times.get(name) ?? 0) + one.seconds);
  }
  return times;
}
