import type { TaskGroundTruth } from '@wxcc-wfo/simulator';
import type { Stack } from '../stack/start-stack.ts';
import { checkAudio } from './check-audio.ts';
import { compareContacts, isCompared } from './check-contacts.ts';
import type { EventWatch } from './watch-events.ts';

const AUDIO_SAMPLE = 40;
/** From the start to the first contact, on an empty machine that has to install and to download everything. */
const LONGEST_START_SECONDS = 240;

/** Compares every contact, and a sample of the audio, with the ground truth; gives the exit code. */
export async function runCheck(o: {
  stack: Stack;
  watch: EventWatch;
  truth: TaskGroundTruth[];
  seed: string;
  /** From the start to the first contact. */
  firstSeconds: number | undefined;
}): Promise<number> {
  const result = compareContacts(o.truth, o.watch.contacts.values());
  const tasks = new Map(o.truth.filter(isCompared).map((task) => [task.taskId, task]));
  const audible = [...o.watch.contacts.values()].filter(
    (contact) => contact.audio.state === 'file-uploaded' && !contact.superseded && tasks.has(contact.taskId),
  );
  const step = Math.max(1, Math.floor(audible.length / AUDIO_SAMPLE));
  for (let index = 0; index < audible.length; index += step) {
    const contact = audible[index]!;
    const heard = await checkAudio(o.stack, tasks.get(contact.taskId)!, contact);
    result.passed += heard.passed;
    result.differences.push(...heard.differences);
  }
  if (audible.length === 0) result.differences.push('no contact has audio');
  if (o.firstSeconds !== undefined && o.firstSeconds > LONGEST_START_SECONDS) {
    result.differences.push(
      `the first contact came after ${o.firstSeconds.toFixed(0)} s, expected within ${LONGEST_START_SECONDS} s`,
    );
  }
  console.log(
    `\nCompared with the ground truth: ${tasks.size} calls, ${audible.length} contacts with audio, seed ${o.seed}`,
  );
  for (const difference of result.differences) console.log(`  ✗ ${difference}`);
  console.log(`${result.passed} passed, ${result.differences.length} failed`);
  return result.differences.length === 0 ? 0 : 1;
}
