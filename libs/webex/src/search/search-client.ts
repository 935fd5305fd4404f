import { amountOf, badField, type Fields, listAt, type OnUnknownValue, objectAt, textOf } from '../http/fields.ts';
import type { Transport } from '../http/transport.ts';
import { WebexError } from '../http/webex-error.ts';
import type { CountOptions, TaskFacts, TaskReadOptions, TimeWindow, WebexClient } from '../port.ts';
import { readAllActivities } from './activity-pages.ts';
import {
  type AskedField,
  askedFieldsOf,
  decodeMetadata,
  type MetadataQuestion,
  variablesOf,
} from './metadata-fields.ts';
import { type RefusedField, refusedFieldsOf } from './not-offered-policy.ts';
import { decodeActivityPage, decodeTask } from './task-decoder.ts';
import {
  ACTIVITIES_QUERY,
  anyOfTasks,
  COUNT_QUERY,
  FIRST_CURSOR,
  LISTING_REACH,
  oneTask,
  type SearchVariables,
  TASKS_PER_PAGE,
  tasksQuery,
} from './task-query.ts';

export type SearchClient = Pick<WebexClient, 'countEndedTasks' | 'listEndedTasks' | 'getTask' | 'getTasks'>;

export interface SearchDependencies {
  transport: Transport;
  apiUrl: string;
  orgId: string;
  onUnknown: OnUnknownValue;
}

interface TaskList {
  records: unknown[];
  hasNextPage: boolean;
  endCursor: string | null;
}

/** The metadata of one listing: what is asked shrinks by what the API turns out not to know. */
interface MetadataReading {
  question: MetadataQuestion | undefined;
  asked: readonly AskedField[];
}

/** What a listing asks. */
interface Asked {
  variables: SearchVariables;
  metadata: MetadataReading;
}

const metadataReading = (question: MetadataQuestion | undefined): MetadataReading => ({
  question,
  asked: askedFieldsOf(question?.fields ?? []),
});

interface ReadPage {
  tasks: TaskFacts[];
  unreadable?: WebexError;
}

/** A record whose content can't be used, now or later; anything else is about the call and not about the record. */
const isUnreadable = (error: unknown): error is WebexError =>
  error instanceof WebexError && error.kind === 'invalid-answer' && !error.retriable;

const DAY_MS = 86_400_000;
/** A query with activities may span 30 days; a minute is kept for the clocks. */
const WIDEST_WINDOW_MS = 30 * DAY_MS - 60_000;
const CLOCK_BEHIND_MS = 60_000;
/** Far below the 1,000 arguments that a query may have, and one page of answers. */
const IDS_PER_QUERY = 100;

/** Reads tasks by Webex's Search API (GraphQL). */
export function createSearchClient(deps: SearchDependencies): SearchClient {
  const url = `${deps.apiUrl}/search?orgId=${encodeURIComponent(deps.orgId)}`;

  /** The list of an answer, as it came. */
  async function askSearch(
    what: string,
    operation: string,
    json: { query: string; variables: SearchVariables },
    options: CountOptions,
  ): Promise<Fields> {
    const { signal, onServerTime } = options;
    const answer = await deps.transport.call({ what, operation, method: 'POST', url, json, signal, onServerTime });
    return objectAt(objectAt(objectAt(answer, 'answer').data, 'data').taskDetails, 'data.taskDetails');
  }

  async function ask(
    what: string,
    operation: string,
    query: string,
    variables: SearchVariables,
    signal?: AbortSignal,
  ): Promise<TaskList> {
    const list = await askSearch(what, operation, { query, variables }, signal ? { signal } : {});
    const path = 'data.taskDetails';
    const pageInfo = list.pageInfo ? objectAt(list.pageInfo, `${path}.pageInfo`) : {};
    return {
      records: listAt(list.tasks, `${path}.tasks`),
      hasNextPage: pageInfo.hasNextPage === true,
      endCursor: textOf(pageInfo, 'endCursor', `${path}.pageInfo`),
    };
  }

  /** A page of tasks with the metadata that the tenant's API knows; what it does not know is left out from then on. */
  async function askTasks(
    what: string,
    operation: string,
    metadata: MetadataReading,
    variables: SearchVariables,
    signal?: AbortSignal,
  ): Promise<TaskList> {
    const refused: RefusedField[] = [];
    // Each turn leaves out at least one field, so it ends.
    for (;;) {
      const { asked } = metadata;
      try {
        const named = { ...variables, ...variablesOf(asked) };
        const list = await ask(what, operation, tasksQuery(asked), named, signal);
        for (const { asked: one, reason } of refused) metadata.question?.onNotOffered(one.field, reason);
        return list;
      } catch (error) {
        const more = error instanceof WebexError ? refusedFieldsOf(error.faults, asked) : [];
        if (more.length === 0) throw error;
        refused.push(...more);
        metadata.asked = asked.filter((one) => !more.some((other) => other.asked === one));
      }
    }
  }

  /** A task with all its activities, further inner pages included. */
  async function complete(record: unknown, path: string, asked: Asked, signal?: AbortSignal) {
    const task = decodeTask(record, path, deps.onUnknown);
    const metadata = decodeMetadata(objectAt(record, path), asked.metadata.asked);
    const firstPage = decodeActivityPage(objectAt(record, path).activities, `${path}.activities`, deps.onUnknown);
    const { from, to, by } = asked.variables;
    const all = await readAllActivities(firstPage, async (after) => {
      const variables = { from, to, by, filter: oneTask(task.taskId), after };
      const what = 'Reading more activities of a task';
      const list = await ask(what, 'search.activities', ACTIVITIES_QUERY, variables, signal);
      const own = list.records.find((candidate) => objectAt(candidate, 'task').id === task.taskId);
      if (own === undefined) return undefined;
      return decodeActivityPage(objectAt(own, 'task').activities, 'task.activities', deps.onUnknown);
    });
    return { ...task, metadata, ...all } satisfies TaskFacts;
  }

  /** What can be read of a page, and the first reason why some of it can't: one such task must not cost the others. */
  async function completeAll(records: unknown[], asked: Asked, signal?: AbortSignal): Promise<ReadPage> {
    const page: ReadPage = { tasks: [] };
    for (const [index, record] of records.entries()) {
      try {
        page.tasks.push(await complete(record, `data.taskDetails.tasks[${index}]`, asked, signal));
      } catch (error) {
        if (!isUnreadable(error)) throw error;
        deps.onUnknown('task', 'unreadable');
        page.unreadable ??= error;
      }
    }
    return page;
  }

  async function countEndedTasks(window: TimeWindow, options: CountOptions = {}): Promise<number> {
    const variables = { ...rangeOf(window), by: 'endedTime' } as const;
    const json = { query: COUNT_QUERY, variables };
    const { tasks } = await askSearch('Counting ended tasks', 'search.count', json, options);
    // No list is no count: taken for 0 it would prove a window that nobody listed.
    if (!Array.isArray(tasks)) throw badField('data.taskDetails.tasks', 'a list', tasks);
    const path = 'data.taskDetails.tasks[0]';
    if (tasks.length === 0) return 0;
    const first = objectAt(tasks[0], path);
    const results = listAt(first.aggregation, `${path}.aggregation`).map((entry) => objectAt(entry, path));
    const result = results.find((entry) => entry.name === 'tasks');
    const count = result && amountOf(result, 'value', `${path}.aggregation`);
    if (count === null || count === undefined) throw badField(`${path}.aggregation[tasks].value`, 'a count', null);
    return count;
  }

  async function* listEndedTasks(window: TimeWindow, options: TaskReadOptions = {}) {
    const variables: SearchVariables = { ...rangeOf(window), by: 'endedTime' };
    const metadata = metadataReading(options.metadata);
    const seen = new Set<string>([FIRST_CURSOR]);
    let cursor = FIRST_CURSOR;
    for (let read = 0; read < LISTING_REACH; read += TASKS_PER_PAGE) {
      const what = 'Listing ended tasks';
      const list = await askTasks(what, 'search.tasks', metadata, { ...variables, cursor }, options.signal);
      const page = await completeAll(list.records, { variables, metadata }, options.signal);
      yield { tasks: page.tasks };
      if (page.unreadable) throw page.unreadable;
      if (!list.hasNextPage) return;
      // Going on from a wrong cursor would silently leave tasks out or never end.
      if (list.endCursor === null) throw badField('data.taskDetails.pageInfo.endCursor', 'a cursor', null);
      if (seen.has(list.endCursor)) {
        throw new WebexError('invalid-answer', 'Listing ended tasks came back to a page that it had read: begin anew', {
          retriable: true,
        });
      }
      seen.add(list.endCursor);
      cursor = list.endCursor;
    }
    throw new WebexError('invalid-request', `A listing reaches ${LISTING_REACH} tasks: split the window`);
  }

  async function getTasks(
    taskIds: string[],
    options: TaskReadOptions & { aroundMs?: number; endedOnly?: boolean } = {},
  ): Promise<TaskFacts[]> {
    const metadata = metadataReading(options.metadata);
    const found = new Map<string, TaskFacts>();
    let unreadable: WebexError | undefined;
    const range = rangeAround(options.aroundMs, Date.now());
    // By creation first, which finds open tasks too; then by end, for those that were opened before the window.
    const comparators = options.endedOnly ? (['endedTime'] as const) : (['createdTime', 'endedTime'] as const);
    for (const by of comparators) {
      const missing = [...new Set(taskIds)].filter((id) => !found.has(id));
      for (let start = 0; start < missing.length; start += IDS_PER_QUERY) {
        const filter = anyOfTasks(missing.slice(start, start + IDS_PER_QUERY));
        const variables: SearchVariables = { ...range, by, filter };
        const what = 'Reading tasks by id';
        const first = { ...variables, cursor: FIRST_CURSOR };
        const list = await askTasks(what, 'search.by-id', metadata, first, options.signal);
        const page = await completeAll(list.records, { variables, metadata }, options.signal);
        for (const task of page.tasks) found.set(task.taskId, task);
        unreadable ??= page.unreadable;
      }
    }
    if (found.size === 0 && unreadable) throw unreadable;
    return [...found.values()];
  }

  return {
    countEndedTasks,
    listEndedTasks,
    getTasks,
    getTask: async (taskId, options) => (await getTasks([taskId], options)).find((task) => task.taskId === taskId),
  };
}

function rangeOf(window: TimeWindow): { from: number; to: number } {
  const { startMs, endMs } = window;
  if (!Number.isSafeInteger(startMs) || !Number.isSafeInteger(endMs) || startMs >= endMs) {
    throw new WebexError('invalid-request', 'A search window needs whole epoch milliseconds with startMs < endMs');
  }
  if (endMs - startMs > WIDEST_WINDOW_MS) {
    throw new WebexError('invalid-request', 'A search with activities spans at most 30 days: split the window');
  }
  return { from: startMs, to: endMs };
}

/** Up to a minute ahead: Search cuts what lies in the future, and our clock may be the one that is behind. */
function rangeAround(aroundMs: number | undefined, nowMs: number): { from: number; to: number } {
  const latest = nowMs + CLOCK_BEHIND_MS;
  const to = Math.min(latest, aroundMs === undefined ? latest : Math.trunc(aroundMs) + WIDEST_WINDOW_MS / 2);
  return { from: to - WIDEST_WINDOW_MS, to };
}
