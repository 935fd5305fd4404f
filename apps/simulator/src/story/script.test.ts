import { describe, expect, it } from '@jest/globals';
import { createDirectory } from './directory.ts';
import type { ScriptStep } from './script.ts';
import { createTaskFactory } from './task-factory.ts';
import type { TaskModel } from './task-model.ts';

const T0 = 1_700_000_000_000;
const directory = createDirectory('6f1d2c3b-4a59-4e68-9c77-8b8695a4b3c2', 'script', 6);
const factory = createTaskFactory({ directory, seed: 'script', talkScale: 1, recordingDelayMs: 1_500 });

function play(...steps: ScriptStep[]): TaskModel {
  return factory.scriptedTask(1, { steps, createdMs: T0 }, T0);
}

/** Event names oldest first, rows of other kinds than a life's states left out. */
function events(task: TaskModel): string[] {
  const noise = new Set(['flow-activity', 'recording-started', 'recording-available']);
  return task.rows
    .toReversed()
    .map((row) => row.eventName)
    .filter((name) => !noise.has(name));
}

function contacts(task: TaskModel): string[] {
  return task.expectedContacts.map((one) => {
    const holds = one.holds.map((hold) => ` hold ${hold.startMs - T0}-${hold.endMs - T0}`).join('');
    return `${one.callType} ${one.agentNumber} ${one.startMs - T0}-${one.endMs - T0}${holds}`;
  });
}

describe('a scripted call becomes rows as the tenant writes them, and its own truth', () => {
  it('simple: queue, ringing, talk, the end, then wrap-up', () => {
    // 400 ms until the flow begins, 1 s menu, 2 s queue, 3 s ringing, 5 s talk.
    const task = play(
      { do: 'ivr', ms: 1_000 },
      { do: 'queue', ms: 2_000 },
      { do: 'answer', agent: 0, ringMs: 3_000 },
      { do: 'talk', ms: 5_000 },
    );
    expect(events(task)).toEqual([
      'new',
      'ivr-connected',
      'ivr-done',
      'parked',
      'connect',
      'connected',
      'ended',
      'WrapUp',
    ]);
    expect(contacts(task)).toEqual(['main 0 6400-11400']);
    expect(task.endedMs).toBe(T0 + 11_400);
    const talk = task.rows.find((row) => row.eventName === 'connected')!;
    expect([talk.createdMs - T0, talk.endMs - T0]).toEqual([6_400, 11_400]);
  });

  it('a call without a queue keeps its `new` row for its whole life', () => {
    const task = play({ do: 'answer', agent: 0, ringMs: 600 }, { do: 'talk', ms: 1_000 });
    expect(task.rows.at(-1)).toMatchObject({ eventName: 'new', createdMs: T0, endMs: T0 + 2_000 });
  });

  it('hold: talk after it is a row of its own', () => {
    const task = play(
      { do: 'answer', agent: 0, ringMs: 600 },
      { do: 'talk', ms: 3_000 },
      { do: 'hold', ms: 2_000 },
      { do: 'talk', ms: 1_000 },
    );
    expect(events(task)).toEqual(['new', 'connect', 'connected', 'on-hold', 'hold-done', 'ended', 'WrapUp']);
    expect(contacts(task)).toEqual(['main 0 1000-7000 hold 4000-6000']);
  });

  it('blind transfer to an agent has no `connect`: the ringing is the duration of `Transferred`', () => {
    const task = play(
      { do: 'answer', agent: 0, ringMs: 600 },
      { do: 'talk', ms: 3_000 },
      { do: 'blind-transfer', agent: 1, ringMs: 4_000 },
      { do: 'talk', ms: 2_000 },
    );
    expect(events(task)).toEqual([
      'new',
      'connect',
      'connected',
      'blind-transfer',
      'Transferred',
      'WrapUp',
      'connected',
      'ended',
      'WrapUp',
    ]);
    const transferred = task.rows.find((row) => row.eventName === 'Transferred')!;
    expect(transferred.endMs - transferred.createdMs).toBe(4_000);
    const second = transferred.endMs - T0;
    expect(contacts(task)).toEqual(['main 0 1000-4000', `main 1 ${second}-${second + 2_000}`]);
  });

  it('transfer through a queue: dequeued, vt-transfer, and the next agent rings by `connect`', () => {
    const task = play(
      { do: 'queue', ms: 600 },
      { do: 'answer', agent: 0, ringMs: 1_000 },
      { do: 'talk', ms: 3_000 },
      { do: 'queue-transfer', queue: 1, waitMs: 952, agent: 1, ringMs: 2_000, wrapUpMs: 500 },
      { do: 'talk', ms: 2_000 },
    );
    expect(events(task)).toEqual([
      'new',
      'parked',
      'connect',
      'connected',
      'dequeued',
      'vt-transfer',
      'WrapUp',
      'connect',
      'connected',
      'ended',
      'WrapUp',
    ]);
    // Away at 5,000; 48 + 952 ms in the queue, 2 s ringing.
    expect(contacts(task)).toEqual(['main 0 2000-5000', 'main 1 8000-10000']);
  });

  it('warm transfer: the second contact begins with the consultation, the hold spans it', () => {
    const task = play(
      { do: 'answer', agent: 0, ringMs: 600 },
      { do: 'talk', ms: 3_000 },
      { do: 'warm-transfer', agent: 1, ringMs: 2_000, consultMs: 5_000 },
      { do: 'talk', ms: 4_000 },
    );
    expect(events(task)).toEqual([
      'new',
      'connect',
      'connected',
      'consult',
      'on-hold',
      'consulting',
      'ConsultTransfer',
      'Transferred',
      'connected',
      'WrapUp',
      'ended',
      'WrapUp',
    ]);
    const hold = task.rows.find((row) => row.eventName === 'on-hold')!;
    const [from, to] = [hold.createdMs - T0, hold.endMs - T0];
    expect(to - from).toBe(7_000);
    expect(contacts(task)).toEqual([
      `main 0 1000-${to} hold ${from}-${to}`,
      `main 1 ${from + 2_000}-${to + 505 + 4_000}`,
    ]);
    expect(task.expectedContacts[1]!.mustBeSilent).toEqual([{ startMs: T0 + from + 2_000, endMs: T0 + to }]);
  });

  it('a consultation that leads to nothing: one contact of the call, with a hold until the customer is back', () => {
    const task = play(
      { do: 'answer', agent: 0, ringMs: 600 },
      { do: 'talk', ms: 3_000 },
      { do: 'consult', agent: 1, ringMs: 1_000, consultMs: 5_000, backAfterMs: 2_000 },
      { do: 'talk', ms: 1_000 },
    );
    expect(events(task)).toEqual([
      'new',
      'connect',
      'connected',
      'consult',
      'on-hold',
      'consulting',
      'consult-done',
      'hold-done',
      'ended',
      'WrapUp',
    ]);
    const hold = task.rows.find((row) => row.eventName === 'on-hold')!;
    expect(hold.endMs - hold.createdMs).toBe(8_000);
    expect(task.expectedContacts.filter((one) => one.callType === 'main')).toHaveLength(1);
    expect(task.expectedContacts.filter((one) => one.callType === 'consult')).toHaveLength(1);
  });

  it.each<[string, ScriptStep[]]>([
    ['given up in the queue', [{ do: 'queue', ms: 5_000 }, { do: 'give-up' }]],
    ['finished in the menu', [{ do: 'ivr', ms: 5_000 }, { do: 'give-up' }]],
    [
      'never answered',
      [{ do: 'queue', ms: 1 }, { do: 'ring', agent: 0, ms: 9 }, { do: 'queue', ms: 1 }, { do: 'give-up' }],
    ],
  ])('%s: no contact, no recording', (_, steps) => {
    const task = play(...steps);
    expect(task.expectedContacts).toEqual([]);
    expect(task.recordings).toEqual([]);
  });

  it('records the whole call once and every agent’s leg once, available after the end', () => {
    const task = play(
      { do: 'answer', agent: 0, ringMs: 600 },
      { do: 'talk', ms: 3_000 },
      { do: 'blind-transfer', agent: 1, ringMs: 4_000 },
      { do: 'talk', ms: 2_000 },
    );
    expect(task.recordings.map((one) => [one.segment, one.number - task.number * 16, one.agents.length])).toEqual([
      [false, 0, 2],
      [true, 1, 1],
      [true, 2, 1],
    ]);
    expect(task.recordings[0]!.stopMs).toBe(task.endedMs);
    expect(task.rows[0]).toMatchObject({ eventName: 'recording-available', createdMs: task.endedMs + 1_500 });
  });

  it('records a consultation with an agent on each channel, where the tenant does so', () => {
    const own = createTaskFactory({
      directory,
      seed: 'script',
      talkScale: 1,
      recordingDelayMs: 0,
      segments: false,
      consultRecordings: true,
    });
    const steps: ScriptStep[] = [
      { do: 'answer', agent: 0 },
      { do: 'talk', ms: 3_000 },
      { do: 'warm-transfer', agent: 1, ringMs: 2_000, consultMs: 5_000 },
      { do: 'talk', ms: 4_000 },
    ];
    const task = own.scriptedTask(1, { steps, createdMs: T0 }, T0);
    const { startMs } = task.expectedContacts[1]!;
    expect(task.recordings.map((one) => [one.callType, one.segment])).toEqual([
      ['main', false],
      ['consult', false],
    ]);
    expect(task.recordings[1]).toMatchObject({ startMs, stopMs: startMs + 5_000, number: 16 + 11 });
    expect(task.recordings[1]!.spans).toEqual([
      { startMs, endMs: startMs + 5_000, left: 'agent', leftAgentNumber: 0, right: 'agent', agentNumber: 1 },
    ]);
  });

  it('says which step is wrong', () => {
    expect(() => play({ do: 'talk', ms: 1 })).toThrow('Add an "answer" step');
    expect(() => play({ do: 'answer', agent: 99 })).toThrow('steps[0].agent is 99, but the directory has 6');
  });
});

describe('the seeded story', () => {
  const story = (seed: string) => {
    const own = createTaskFactory({
      directory: createDirectory('org', seed, 8),
      seed,
      talkScale: 1,
      recordingDelayMs: 0,
    });
    return Array.from({ length: 300 }, (_, n) => own.storyTask(n, T0 + n * 1_000));
  };

  it('is the same for the same seed and another for another', () => {
    expect(JSON.stringify(story('a'))).toBe(JSON.stringify(story('a')));
    expect(story('b')[0]!.id).not.toBe(story('a')[0]!.id);
  });

  it('ends every task when it was told to, rows newest first and inside their task', () => {
    for (const [n, task] of story('a').entries()) {
      expect(task.endedMs).toBe(T0 + n * 1_000);
      const times = task.rows.map((row) => row.createdMs);
      expect(times).toEqual(times.toSorted((a, b) => b - a));
      expect(Math.min(...times)).toBe(task.createdMs);
    }
  });

  it('has contacts that lie in their task, do not overlap for one agent, and holds that lie in them', () => {
    for (const task of story('a')) {
      for (const contact of task.expectedContacts) {
        expect(contact.startMs).toBeLessThan(contact.endMs);
        expect(contact.startMs).toBeGreaterThanOrEqual(task.createdMs);
        expect(contact.endMs).toBeLessThanOrEqual(task.endedMs);
        for (const hold of contact.holds) {
          expect(hold.startMs).toBeGreaterThanOrEqual(contact.startMs);
          expect(hold.endMs).toBeLessThanOrEqual(contact.endMs);
        }
        const same = task.expectedContacts.filter((other) => other !== contact && other.agentId === contact.agentId);
        expect(same.every((other) => other.endMs <= contact.startMs || other.startMs >= contact.endMs)).toBe(true);
      }
    }
  });

  it('holds every kind of task that the bridge has to tell apart', () => {
    const scenarios = new Set(story('a').map((task) => task.scenario));
    expect(scenarios.size).toBe(17);
    expect(Math.max(...story('a').map((task) => task.rows.length))).toBeGreaterThan(100);
    const consulted = story('a').filter((task) => task.rows.some((row) => row.eventName === 'consulting'));
    const ownLeg = (task: TaskModel) => task.rows.some((row) => row.consultLeg);
    for (const scenario of ['warm-transfer', 'consult', 'three-agents']) {
      const ways = consulted.filter((task) => task.scenario === scenario).map(ownLeg);
      expect(new Set(ways)).toEqual(new Set([true, false]));
    }
  });
});
