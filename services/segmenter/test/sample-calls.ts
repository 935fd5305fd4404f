import { existsSync, readFileSync } from 'node:fs';
import { describe } from '@jest/globals';
import type { ActivityKind, TaskActivity } from '@wxcc-wfo/contracts';
import { row } from './call-rows.ts';

/** Cisco's published sample answers lie beside the repository and are not part of it. */
const file = new URL(
  '../../../../shared/reference/webex/samples/search-taskdetails-car-activities.json',
  import.meta.url,
);
const present = existsSync(file);

/** `describe`, or a skipped one whose name says why, where the samples are absent. */
export function describeWithSamples(name: string, suite: () => void): void {
  if (present) describe(name, suite);
  else describe.skip(`${name} (skipped: Cisco's sample answers are not beside the repository)`, suite);
}

const KINDS: Readonly<Record<string, ActivityKind>> = {
  new: 'task-created',
  connect: 'offered',
  parked: 'queued',
  connected: 'connected',
  consult: 'consult-requested',
  consulting: 'consulting',
  'consult-done': 'consult-ended',
  'on-hold': 'held',
  'hold-done': 'hold-ended',
  Conference: 'conference-requested',
  conferencing: 'conferencing',
  'conference-done': 'conference-ended',
  ConsultTransfer: 'consult-transferred',
  Transferred: 'transferred',
  ended: 'ended',
  WrapUp: 'wrap-up',
};

/** What a published row leaves out: when it began (seconds), whose it is, and to whom. */
export type RowOfSample = [eventName: string, from: number, agent?: string | null, to?: string];

interface PublishedTask {
  id: string;
  activities: { nodes: { eventName: string; duration: number }[] };
}

/**
 * The rows of a published task, oldest first, in its own order and with its own durations. The samples publish neither
 * times nor agents: both are placed by hand, and the names must be the sample's. Rows that tell nothing of the agents
 * (flow steps, recordings) are left out.
 */
export function sampleRows(id: string, placed: readonly RowOfSample[]): TaskActivity[] {
  const answer = JSON.parse(readFileSync(file, 'utf8')) as { data: { taskDetails: { tasks: PublishedTask[] } } };
  const task = answer.data.taskDetails.tasks.find((one) => one.id.startsWith(id));
  const published = (task?.activities.nodes ?? []).filter(({ eventName }) => eventName in KINDS).reverse();
  const names = published.map(({ eventName }) => eventName).join(' ');
  const ours = placed.map(([eventName]) => eventName).join(' ');
  if (names !== ours) throw new Error(`The sample ${id} has the rows "${names}", not "${ours}".`);
  return placed.map(([eventName, from, agent, to], index) => ({
    ...row(KINDS[eventName]!, from, from + published[index]!.duration / 1000, agent ?? null, to ?? null),
    activityId: `${id}-${index}`,
  }));
}
