import { waitFor } from '@wxcc-wfo/testkit';
import type { Stack } from '../stack/start-stack.ts';
import { callService } from './connect-acd.ts';

interface Counts {
  seen: number;
  added: number;
  changed: number;
  deactivated: number;
  unchanged: number;
}

interface Run {
  runId: string;
  state: string;
  durationSeconds: number | null;
  counts: Record<string, Counts>;
  problem: { detail: string; remedy: string } | null;
}

const ENDS = ['done', 'failed', 'rejected', 'stopped', 'awaiting-approval'];
const PLURALS: Record<string, string> = {
  user: 'users',
  team: 'teams',
  queue: 'queues',
  site: 'sites',
  'entry-point': 'entry points',
  'auxiliary-code': 'auxiliary codes',
};

async function newestRun(stack: Stack, acdId: string): Promise<Run | undefined> {
  const url = `${stack.url('sync')}/v1/acds/${acdId}/sync-runs?limit=1`;
  return (await callService<{ items: Run[] }>(stack, url)).items[0];
}

/** One line about the run of the sync that an authorized ACD begins with. */
export async function tellFirstSync(stack: Stack, acdId: string): Promise<string> {
  const run = await waitFor(
    'the first run of the sync',
    async () => {
      const newest = await newestRun(stack, acdId).catch(() => undefined); // the ACD is there within seconds
      return newest && ENDS.includes(newest.state) ? newest : undefined;
    },
    { timeoutMs: 60_000, intervalMs: 250 },
  );
  if (run.state !== 'done') return `the directory was not synced (${run.state}): ${run.problem?.detail ?? ''}`;
  const seen = ['user', 'team', 'queue'].map((kind) => `${run.counts[kind]?.seen ?? 0} ${PLURALS[kind]}`);
  return `the directory is in step: ${seen.join(', ')} in ${run.durationSeconds} s`;
}

/** What the newest run of every ACD counted. */
export async function printDirectory(stack: Stack): Promise<void> {
  const { items } = await callService<{ items: { acdId: string; name: string }[] }>(
    stack,
    `${stack.url('oauth')}/v1/acds`,
  );
  for (const acd of items) {
    const run = await newestRun(stack, acd.acdId).catch(() => undefined);
    if (!run) continue;
    console.log(`\nDirectory of ${acd.name} (run ${run.runId}, ${run.state})`);
    const columns = ['seen', 'added', 'changed', 'deactivated', 'unchanged'] as const;
    console.log(`  ${''.padEnd(16)}${columns.map((column) => column.padStart(13)).join('')}`);
    for (const [kind, counts] of Object.entries(run.counts)) {
      console.log(
        `  ${(PLURALS[kind] ?? kind).padEnd(16)}${columns.map((name) => String(counts[name]).padStart(13)).join('')}`,
      );
    }
  }
}
