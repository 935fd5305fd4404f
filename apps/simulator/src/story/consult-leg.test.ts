import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createDirectory } from './directory.ts';
import type { ScriptStep } from './script.ts';
import { createTaskFactory } from './task-factory.ts';
import type { TaskModel } from './task-model.ts';

const T0 = 1_700_000_000_000;
const directory = createDirectory('6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2', 'consult-leg', 6);
const factory = createTaskFactory({ directory, seed: 'consult-leg', talkScale: 1, recordingDelayMs: 1_500 });
const play = (...steps: ScriptStep[]): TaskModel => factory.scriptedTask(1, { steps, createdMs: T0 }, T0);

const NOISE = new Set(['flow-activity', 'recording-started', 'recording-available']);
/** States of a life, from rows or nodes that stand newest first. */
const events = (newestFirst: readonly { eventName: string }[]): string =>
  newestFirst
    .map(({ eventName }) => eventName)
    .filter((name) => !NOISE.has(name))
    .toReversed()
    .join(' ');

/** When rows of a name are, oldest first, from T0 on, and whose. */
const rowsOf = (task: TaskModel, eventName: string) =>
  task.rows
    .filter((row) => row.eventName === eventName)
    .toReversed()
    .map(({ createdMs, endMs, agent }) => ({ from: createdMs - T0, ms: endMs - createdMs, agent: agent?.number }));

const contacts = (task: TaskModel) =>
  task.expectedContacts.map(({ callType, agentNumber, startMs, endMs, holds, consultations, mustBeSilent }) => {
    const spans = [holds, consultations, mustBeSilent].map((list) =>
      list.map((span) => `${span.startMs - T0}-${span.endMs - T0}`).join(' '),
    );
    return [`${callType} ${agentNumber} ${startMs - T0}-${endMs - T0}`, ...spans];
  });

const returned: ScriptStep[] = [
  { do: 'answer', agent: 0, ringMs: 600 },
  { do: 'talk', ms: 3_000 },
  { do: 'consult', agent: 1, ringMs: 24_000, consultMs: 30_000, backAfterMs: 7_000, ownLeg: true },
  { do: 'talk', ms: 5_000 },
];
const transferred: ScriptStep[] = [
  { do: 'answer', agent: 0, ringMs: 600 },
  { do: 'talk', ms: 3_000 },
  { do: 'warm-transfer', agent: 1, ringMs: 12_000, consultMs: 5_000, ownLeg: true },
  { do: 'talk', ms: 4_000 },
];

describe('a consultation through an entry point', () => {
  it('returned: `consulting` begins with the ringing, its leg fills it and ends before the customer is back', () => {
    const task = play({ do: 'queue', ms: 100 }, ...returned);
    const [asked] = rowsOf(task, 'on-hold');
    const at = asked!.from;
    // Of 24 s until the answer 1 s until `consulting`; of the other 23 s a sixth until it rings.
    expect(rowsOf(task, 'on-hold')).toEqual([{ from: at, ms: 61_000, agent: 0 }]);
    expect(rowsOf(task, 'consulting')).toEqual([{ from: at + 1_000, ms: 53_000, agent: 0 }]);
    expect(rowsOf(task, 'new')[1]).toEqual({ from: at + 1_000, ms: 3_833, agent: undefined });
    expect(rowsOf(task, 'connect')[1]).toEqual({ from: at + 4_833, ms: 19_167, agent: 1 });
    expect(rowsOf(task, 'connected')[1]).toEqual({ from: at + 24_000, ms: 30_000, agent: 1 });
    expect(rowsOf(task, 'ended')).toEqual([
      { from: at + 54_040, ms: 0, agent: undefined },
      { from: at + 66_000, ms: 0, agent: 0 },
    ]);
    const hold = `${at}-${at + 61_000}`;
    const talk = `${at + 24_000}-${at + 54_000}`;
    expect(contacts(task)).toEqual([
      // SEG-04: what led to nothing is a hold for the first agent, and heard in the consulted agent's contact alone.
      [`main 0 1100-${at + 66_000}`, hold, '', hold],
      [`consult 1 ${talk}`, '', talk, ''],
    ]);
  });

  it('transferred: the second agent is connected once more, and the leg ends with the call', () => {
    const task = play(...transferred);
    const [, consulted, onCall] = rowsOf(task, 'connected');
    expect(consulted).toEqual({ from: consulted!.from, ms: 5_000, agent: 1 });
    expect(onCall).toEqual({ from: consulted!.from + 5_950, ms: 4_000, agent: 1 });
    // The call had no queue: like its own `new`, that of the leg lasts to its end.
    const leg = rowsOf(task, 'new')[1]!;
    expect(leg.from + leg.ms).toBe(consulted!.from + 5_000);
    const hold = `${consulted!.from - 12_000}-${consulted!.from + 5_000}`;
    const talk = `${consulted!.from}-${consulted!.from + 5_000}`;
    expect(contacts(task)).toEqual([
      [`main 0 1000-${consulted!.from + 5_000}`, hold, talk, hold],
      [`main 1 ${consulted!.from}-${onCall!.from + 4_000}`, '', talk, talk],
    ]);
  });
});

const sample = new URL(
  '../../../../../shared/reference/webex/samples/search-taskdetails-car-activities.json',
  import.meta.url,
);
const title = 'consult legs as Cisco publishes them';
if (!existsSync(sample)) {
  describe.skip(`${title} (skipped: ../shared/reference/webex/samples is absent)`, () => {
    it('needs the samples', () => undefined);
  });
} else {
  describe(title, () => {
    const published = JSON.parse(readFileSync(sample, 'utf8')) as {
      data: { taskDetails: { tasks: { id: string; activities: { nodes: { eventName: string }[] } }[] } };
    };
    const eventsOf = (id: string) =>
      events(published.data.taskDetails.tasks.find((task) => task.id.startsWith(id))!.activities.nodes);

    it.each(['a9714608', 'f35dbb32', '3f7fcd97', '2075f441'])(
      '%s returned: the same states in the same order',
      (id) => {
        expect(events(play(...returned).rows)).toBe(eventsOf(id));
      },
    );

    it('af2db2a5 transferred: the same states in the same order, from the consultation on', () => {
      const fromConsult = (all: string) => all.slice(all.lastIndexOf('consult on-hold'));
      expect(fromConsult(events(play(...transferred).rows))).toBe(fromConsult(eventsOf('af2db2a5')));
    });
  });
}
