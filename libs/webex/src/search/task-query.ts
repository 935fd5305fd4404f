import type { AskedField } from './metadata-fields.ts';

/** The GraphQL of this library. Values go in as variables, never as text. */

const ACTIVITY_FIELDS = `id eventName createdTime endedTime duration
  agentId agentName agentSessionId agentChannelId
  queueId queueName teamId teamName siteId siteName entrypointId
  destinationAgentId destinationAgentName destinationAgentSessionId destinationAgentTeamId destinationQueueId
  transferType childContactId childContactType terminationReason`;

const TASK_FIELDS = `id isActive status channelType channelSubType direction createdTime endedTime lastActivityTime
  origin destination customer { name phoneNumber email }
  lastQueue { id name } lastTeam { id name } lastSite { id name } lastEntryPoint { id name }
  lastAgent { id name sessionId } owner { id name }
  terminationType terminationReason terminatingEnd contactHandleType isOutdial isCallback
  captureRequested recordingCount isRecordingDeleted
  totalDuration queueDuration ringingDuration connectedDuration holdDuration consultDuration conferenceDuration
  wrapupDuration selfserviceDuration transferCount blindTransferCount holdCount consultCount conferenceCount queueCount
  lastWrapUpCodeId lastWrapupCodeName isContactHandled isWithInServiceLevel`;

/** 100 is the most that one inner page gives; most tasks have all their activities in it. */
export const ACTIVITIES_PER_PAGE = 100;
/** Fixed by Webex. */
export const TASKS_PER_PAGE = 250;
/** Raw listings reach this far and no further. */
export const LISTING_REACH = 100_000;

const TASKS_HEAD =
  'query tasks($from: Long!, $to: Long!, $by: QueryTimeType, $filter: TaskDetailsFilters, $cursor: String';
const TASKS_START = `
  taskDetails(from: $from, to: $to, timeComparator: $by, filter: $filter, pagination: { cursor: $cursor }) {
    tasks {
      ${TASK_FIELDS}`;
const TASKS_END = `
      activities(first: ${ACTIVITIES_PER_PAGE}) {
        totalCount
        nodes { ${ACTIVITY_FIELDS} }
        pageInfo { hasNextPage endCursor }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

/**
 * Tasks with the first page of their activities and the asked metadata fields, each on a line of its own.
 * `$filter` and `$cursor` may be left out.
 */
export function tasksQuery(asked: readonly AskedField[]): string {
  const variables = asked.flatMap(({ variable }) => (variable ? [`, $${variable.name}: String!`] : []));
  const selections = asked.map(({ selection }) => `\n      ${selection}`);
  return `${TASKS_HEAD}${variables.join('')}) {${TASKS_START}${selections.join('')}${TASKS_END}`;
}

/** The line of `tasksQuery`, from 1, on which the asked field with this index stands. */
export const lineOfAsked = (index: number): number => TASKS_START.split('\n').length + 1 + index;

/** One more page of one task's activities; the inner cursor is per record, so the filter leaves a single task. */
export const ACTIVITIES_QUERY = `query activities($from: Long!, $to: Long!, $by: QueryTimeType, $filter: TaskDetailsFilters, $after: String) {
  taskDetails(from: $from, to: $to, timeComparator: $by, filter: $filter) {
    tasks {
      id
      activities(first: ${ACTIVITIES_PER_PAGE}, after: $after) {
        totalCount
        nodes { ${ACTIVITY_FIELDS} }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`;

export const COUNT_QUERY = `query count($from: Long!, $to: Long!, $by: QueryTimeType) {
  taskDetails(from: $from, to: $to, timeComparator: $by, aggregations: [{ field: "id", type: count, name: "tasks" }]) {
    tasks { aggregation { name value } }
  }
}`;

/** The cursor that stands for "from the start". */
export const FIRST_CURSOR = 'NA';

export type TimeComparator = 'endedTime' | 'createdTime';

export interface SearchVariables {
  from: number;
  to: number;
  by: TimeComparator;
  filter?: unknown;
  cursor?: string;
  after?: string;
  /** Names of global variables, by the names of their GraphQL variables. */
  [name: `name${number}`]: string;
}

export const oneTask = (taskId: string) => ({ id: { equals: taskId } });
export const anyOfTasks = (taskIds: readonly string[]) => ({ or: taskIds.map(oneTask) });
