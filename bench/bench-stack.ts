import { readFileSync } from 'node:fs';
import { type RunningServers, startServers } from '@wxcc-wfo/testkit';
import { startStack } from '../scripts/stack/start-stack.ts';

type StackOptions = Parameters<typeof startStack>[0];
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
  const profiling = nodeOptions ? { NODE_OPTIONS: nodeOptions } : {};
  const servers = await startServers({ dataFolder: `${folder}/servers` });
  try {
    const stack = await startStack({
      dataFolder: folder,
      servers,
      webex,
      ...options,
      environment: {
        LOG_LEVEL: 'warn',

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

/** Resident memory of a process, and its highest so far, in MB. */
export function residentMemory(pid: number): { nowMb: number; peakMb: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (field: string) =>
    Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN);
  return { nowMb: kilobytes('VmRSS') / 1024, peakMb: kilobytes('VmHWM') / 1024 };
}

/** Processor time that a process has used so far, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
