import { type TaskFacts, type TimeWindow, type WebexClient, WebexError, type WebexErrorKind } from '@wxcc-wfo/webex';
import { activityFacts, taskFacts } from './task-facts.ts';

interface Held {
  facts: TaskFacts;
  visibleAtMs: number;
  /** The version before, which a lagging replica of the source may still give. */
  before: TaskFacts | null;
  isStale: boolean;
}

export type Change = 'grow' | 'shrink' | 'alter' | 'end-again';

/**
 * A stand-in for the Search API, the only thing that is simulated in the model test: tasks become visible late, change,
 * end twice, pages shift while they are read (offsets into a list that is newest first), answers lag, calls fail.
 */
export class FakeSource {
  readonly tasks = new Map<string, Held>();
  readonly questions = { count: 0, page: 0, tasks: 0 };
  nowMs: number;
  pageSize = 3;
  /** Calls until the next failure; null: none. */
  failAfter: number | null = null;
  /** Nothing is answered. */
  isOut = false;
  /** What a listing of time that holds this end comes to, by the time. */
  readonly broken = new Map<number, WebexErrorKind>();
  /** Run between two pages of one listing. */
  betweenPages: (() => void)[] = [];
  private counter = 0;

  constructor(nowMs: number) {
    this.nowMs = nowMs;
  }

  end(visibleAfterMs: number): void {
    this.counter += 1;
    const taskId = `task-${this.counter}`;
    const activities = [activityFacts({ activityId: `${taskId}-1`, startedAtMs: this.nowMs - 30_000 })];
    const facts = taskFacts({ taskId, endedAtMs: this.nowMs, activities });
    this.tasks.set(taskId, { facts, visibleAtMs: this.nowMs + visibleAfterMs, before: null, isStale: false });
  }

  /** Changes a task; the new facts are visible at once. */
  change(taskId: string, how: Change): void {
    const held = this.tasks.get(taskId)!;
    const { facts } = held;
    const next = { ...facts, activities: [...facts.activities] };
    if (how === 'grow') {
      next.activities.push(activityFacts({ activityId: `${taskId}-${next.activities.length + 1}`, kind: 'wrap-up' }));
      next.lastActivityAtMs = this.nowMs;
    }
    if (how === 'shrink' && next.activities.length > 1) next.activities.pop();
    if (how === 'alter') next.terminationReason = `Changed at ${this.nowMs}`;
    if (how === 'end-again') Object.assign(next, { endedAtMs: this.nowMs, lastActivityAtMs: this.nowMs });
    next.activityCount = next.activities.length;
    this.tasks.set(taskId, { ...held, facts: next, before: facts });
  }

  /** Its next answer about this task is the version before. */
  lag(taskId: string): void {
    const held = this.tasks.get(taskId)!;
    held.isStale = held.before !== null;
  }

  private visible(): Held[] {
    return [...this.tasks.values()].filter((held) => held.visibleAtMs <= this.nowMs);
  }

  private endedIn(window: TimeWindow): Held[] {
    return this.visible()
      .filter(({ facts }) => facts.endedAtMs! >= window.startMs && facts.endedAtMs! < window.endMs)
      .sort((a, b) => b.facts.endedAtMs! - a.facts.endedAtMs! || (a.facts.taskId < b.facts.taskId ? 1 : -1));
  }

  private answer(held: Held): TaskFacts {
    const facts = held.isStale && held.before ? held.before : held.facts;
    held.isStale = false;
    return structuredClone(facts);
  }

  private mayFail(): void {
    if (this.isOut) throw new WebexError('unavailable', 'Searching tasks failed with HTTP 503.');
    if (this.failAfter === null) return;
    this.failAfter -= 1;
    if (this.failAfter > 0) return;
    this.failAfter = null;
    throw new WebexError('unavailable', 'Searching tasks failed with HTTP 503.');
  }

  private mayBreak(window: TimeWindow): void {
    for (const [atMs, kind] of this.broken) {
      if (atMs >= window.startMs && atMs < window.endMs) throw new WebexError(kind, 'This time can’t be listed.');
    }
  }

  client(): WebexClient {
    const source = this;
    const unused = () => {
      throw new Error('Not part of this test.');
    };
    return {
      async countEndedTasks(window, options) {
        source.questions.count += 1;
        source.mayFail();
        options?.onServerTime?.(Math.floor(source.nowMs / 1_000) * 1_000);
        return source.endedIn(window).length;
      },
      async *listEndedTasks(window) {
        for (let offset = 0; ; offset += source.pageSize) {
          source.questions.page += 1;
          source.mayFail();
          source.mayBreak(window);
          const page = source.endedIn(window).slice(offset, offset + source.pageSize);
          const isLast = source.endedIn(window).length <= offset + source.pageSize;
          if (page.length > 0) yield { tasks: page.map((held) => source.answer(held)) };
          if (isLast) return;
          source.betweenPages.shift()?.();
        }
      },
      async getTasks(taskIds) {
        source.questions.tasks += 1;
        source.mayFail();
        return source
          .visible()
          .filter(({ facts }) => taskIds.includes(facts.taskId))
          .map((held) => source.answer(held));
      },
      getTask: unused,
      queryCaptures: unused,
      download: unused,
      listUsers: unused,
      listTeams: unused,
      listQueues: unused,
      listSites: unused,
      listEntryPoints: unused,
      listAuxiliaryCodes: unused,
      findUsers: unused,
      findUserByIdentity: unused,
      listSubscriptions: unused,
      createSubscription: unused,
      updateSubscription: unused,
      deleteSubscription: unused,
    };
  }
}
