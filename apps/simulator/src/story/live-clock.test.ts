import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createFaultBoard } from '../faults/fault-board.ts';
import type { WebhookEvent } from '../subscriptions/webhook-sender.ts';
import { createDirectory } from './directory.ts';
import { createLiveClock } from './live-clock.ts';
import { createTaskFactory } from './task-factory.ts';

const T0 = 1_700_000_000_000;

describe('live tasks', () => {
  beforeEach(() => {
    jest.useFakeTimers({ now: T0 });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const setUp = () => {
    const sent: [number, string, unknown][] = [];
    const faults = createFaultBoard(Date.now);
    const send = (event: WebhookEvent): void => {
      sent.push([Date.now() - T0, event.type, event.data.taskId]);
    };
    const factory = createTaskFactory({
      directory: createDirectory('org', 'live', 4),
      seed: 'live',
      talkScale: 1,
      recordingDelayMs: 700,
    });
    return { sent, faults, factory, clock: createLiveClock(send, faults, Date.now) };
  };

  it('are announced when they happen: offered, answered, held, ended, recorded', () => {
    const { sent, factory, clock } = setUp();
    const steps = [
      { do: 'answer', agent: 0, ringMs: 600 },
      { do: 'talk', ms: 2_000 },
      { do: 'hold', ms: 1_000 },
      { do: 'talk', ms: 3_000 },
    ] as const;
    const task = factory.scriptedTask(1, { steps: [...steps], createdMs: T0 }, T0);
    clock.watch(task);
    jest.advanceTimersByTime(60_000);
    expect(sent.map(([at, type]) => `${at} ${type}`)).toEqual([
      '400 task:connect',
      '1000 task:connected',
      '3000 task:on-hold',
      '4000 task:hold-done',
      '7000 task:ended',
      '7700 capture:available',
    ]);
  });

  it('that end now are announced before anybody can look, and hidden where they are to be seen late', () => {
    const { sent, faults, factory, clock } = setUp();
    faults.add({ kind: 'late-tasks', delayMs: 9_000, count: 1 });
    const tasks = [1, 2].map((n) => factory.storyTask(n, T0));
    for (const task of tasks) clock.watch(task);
    expect(sent.map(([, type, id]) => [type, id])).toEqual(tasks.map((task) => ['task:ended', task.id]));
    expect(tasks.map((task) => task.visibleFromMs)).toEqual([T0 + 9_000, undefined]);
  });

  it('may have recordings that are late, with the row that tells of them', () => {
    const { sent, faults, factory, clock } = setUp();
    faults.add({ kind: 'late-recordings', delayMs: 5_000, count: 1 });
    const task = factory.scriptedTask(
      1,
      {
        steps: [
          { do: 'answer', agent: 0 },
          { do: 'talk', ms: 2_000 },
        ],
        endedMs: T0,
      },
      T0,
    );
    clock.watch(task);
    jest.advanceTimersByTime(5_699);
    expect(sent).toHaveLength(1);
    jest.advanceTimersByTime(1);
    expect(sent.at(-1)).toEqual([5_700, 'capture:available', task.id]);
    expect(task.rows[0]).toMatchObject({ eventName: 'recording-available', createdMs: T0 + 5_700 });
  });
});
