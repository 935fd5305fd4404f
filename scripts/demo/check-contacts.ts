import type { ContactSegmented } from '@wxcc-wfo/contracts';
import type { ExpectedContact, TaskGroundTruth } from '@wxcc-wfo/simulator';
import { expectedMetadata } from './demo-metadata.ts';

/** What a comparison with the ground truth found. */
export interface CheckResult {
  passed: number;
  /** Each difference in words. */
  differences: string[];
}

/** Calls whose contacts this release makes: voice, ended. */
export function isCompared(task: TaskGroundTruth): boolean {
  return task.ended && task.channelType === 'telephony';
}

/** Compares every contact with what the story says must be, and finds contacts that must not be. */
export function compareContacts(truth: readonly TaskGroundTruth[], contacts: Iterable<ContactSegmented>): CheckResult {
  const byTask = new Map<string, ContactSegmented[]>();
  for (const contact of contacts) {
    if (!contact.superseded) byTask.set(contact.taskId, [...(byTask.get(contact.taskId) ?? []), contact]);
  }
  const result: CheckResult = { passed: 0, differences: [] };
  for (const task of truth.filter(isCompared)) {
    const found = (byTask.get(task.taskId) ?? []).sort((a, b) => a.startedAtMs - b.startedAtMs);
    const expected = [...task.contacts].sort((a, b) => a.startMs - b.startMs);
    const differences = compareTask(task, expected, found);
    if (differences.length === 0) result.passed += Math.max(1, expected.length);
    result.differences.push(...differences);
  }
  result.differences.push(...unwanted(truth, byTask));
  return result;
}

/** Contacts of tasks that have none, or of no task at all. A call that is not ended in `truth` may have ended since. */
function unwanted(truth: readonly TaskGroundTruth[], byTask: ReadonlyMap<string, ContactSegmented[]>): string[] {
  const tasks = new Map(truth.map((task) => [task.taskId, task]));
  return [...byTask].flatMap(([taskId, contacts]) => {
    const task = tasks.get(taskId);
    if (task?.channelType === 'telephony') return [];
    const what = task ? `the ${task.channelType} ${taskId}` : `a task that the tenant does not have (${taskId})`;
    return contacts.map((contact) => `contact ${contact.contactId} is there, of ${what}`);
  });
}

function compareTask(task: TaskGroundTruth, expected: ExpectedContact[], found: ContactSegmented[]): string[] {
  const where = `${task.scenario} ${task.taskId}`;
  if (expected.length !== found.length) {
    return [`${where}: ${expected.length} contact(s) expected, ${found.length} found`];
  }
  return expected.flatMap((want, index) => {
    const got = found[index]!;
    const differences: string[] = [];
    const differ = (what: string, wanted: unknown, was: unknown) => {
      if (JSON.stringify(wanted) !== JSON.stringify(was)) {
        differences.push(
          `${where}, contact ${index + 1}: ${what} is ${JSON.stringify(was)}, expected ${JSON.stringify(wanted)}`,
        );
      }
    };
    differ('agent', true, got.agent.id === want.agentId || got.agent.id === want.ciUserId);
    differ('start', want.startMs, got.startedAtMs);
    differ('end', want.endMs, got.endedAtMs);
    differ('associated contact id', task.associatedContactId, got.associatedContactId);
    differ('call type', 'customer-segment', got.callType);
    differ('metadata', expectedMetadata(task), got.metadata);
    differ('audio', task.recordings.length > 0 ? 'file-uploaded' : 'no-file-to-upload', got.audio.state);
    differ('holds', spans(want.holds), spans(got.silences.filter((one) => one.reason === 'hold')));
    return differences;
  });
}

function spans(list: readonly { startMs: number; endMs: number }[]): [number, number][] {
  return list
    .map((one): [number, number] => [one.startMs, one.endMs])
    .filter(([start, end]) => end > start)
    .sort((a, b) => a[0] - b[0]);
}
