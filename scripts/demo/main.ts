// `npm run demo`: a simulated tenant ends calls, and the bridge turns them into contacts that can be listened to.
import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import { waitFor } from '@wxcc-wfo/testkit';
import { type Ending, runUntilStopped } from '../stack/run-until-stopped.ts';
import { isCompared } from './check-contacts.ts';
import { readDemoOptions } from './demo-options.ts';
import { type Progress, reportProgress } from './progress.ts';
import { printResults } from './results.ts';
import { runCheck } from './run-check.ts';
import { type Demo, startDemo } from './start-demo.ts';

/** Since `npm run demo`, installing included. */
const startedMs = Number(process.env.WFO_STARTED_MS ?? performance.timeOrigin);
const options = readDemoOptions(process.argv.slice(2));
const say = (line: string) => console.log(`· ${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${line}`);

/** Waits until every ended call has its contacts with their audio, or the time is up; the difference is shown after. */
async function untilSettled(demo: Demo): Promise<'settled' | 'late'> {
  const voice = (await demo.groundTruth()).filter(isCompared);
  const contacts = voice.reduce((sum, task) => sum + task.contacts.length, 0);
  const arrived = () => {
    const ids = new Set(voice.map((task) => task.taskId));
    const mine = [...demo.watch.contacts.values()].filter((contact) => ids.has(contact.taskId) && !contact.superseded);
    const audible = mine.filter((contact) => contact.audio.state !== 'file-not-yet-uploaded').length;
    return mine.length >= contacts && audible >= contacts;
  };
  try {
    await waitFor('every contact to arrive', arrived, { timeoutMs: options.patienceMs, intervalMs: 100 });
    return 'settled';
  } catch {
    return 'late';
  }
}

/** Seconds from the start to the first contact of this run’s tasks. */
function firstContactSeconds(demo: Demo, truth: readonly TaskGroundTruth[]): number | undefined {
  const seen = truth.map((task) => demo.watch.firstContactMs.get(task.taskId) ?? Number.POSITIVE_INFINITY);
  const firstMs = Math.min(...seen);
  return Number.isFinite(firstMs) ? (firstMs - startedMs) / 1000 : undefined;
}

async function watchTheDay(demo: Demo, { unlessInterrupted }: Ending, progress: Progress): Promise<void> {
  if (options.speed > 0) {
    const ended = async () => (await demo.groundTruth()).filter((task) => task.ended).length >= options.tasks;
    const timeoutMs = (options.tasks / options.speed) * 1000 + 60_000;
    await unlessInterrupted(waitFor('the day to end', ended, { timeoutMs, intervalMs: 500 }));
  }
  const settled = await unlessInterrupted(untilSettled(demo));
  progress.stop();
  say(settled === 'settled' ? 'every contact is there' : 'not every contact arrived in time; see below');
}

await runUntilStopped(async (ending) => {
  const demo = await startDemo(ending, options, say);
  const { watch, groundTruth } = demo;
  const progress = reportProgress({ watch, groundTruth, live: process.stdout.isTTY });
  ending.onStop(() => progress.stop());
  await watchTheDay(demo, ending, progress);
  const truth = await groundTruth();
  const firstSeconds = firstContactSeconds(demo, truth);
  if (firstSeconds !== undefined) say(`first contact after ${firstSeconds.toFixed(1)} s`);
  await ending.unlessInterrupted(printResults({ ...demo, truth }));
  if (options.check) return ending.unlessInterrupted(runCheck({ ...demo, truth, seed: options.seed, firstSeconds }));
  console.log('\nIt goes on running. Ctrl-C stops everything.');
  await ending.interrupted;
  say('stopping');
  return 0;
});
