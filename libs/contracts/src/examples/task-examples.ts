import type { TaskActivity } from '../events/activity.ts';
import type { TaskEnded } from '../events/task-ended.ts';
import { changed, type GoldenExamples } from './golden-example.ts';
import { ACD, AGENT_A, AGENT_B, NINE_OCLOCK_MS, ORGANIZATION, TASK, TENANT } from './ids.ts';

const AGENTS = {
  a: { id: AGENT_A, name: 'Anna Braun', sessionId: 'a1000000-0000-4000-8000-00000000a001' },
  b: { id: AGENT_B, name: 'Ben Hodges', sessionId: 'b2000000-0000-4000-8000-00000000b001' },
};
const QUEUE = { id: 'd4000000-0000-4000-8000-000000000009', name: 'Billing' };

function row(
  atSeconds: number,
  seconds: number,
  kind: TaskActivity['kind'],
  more: Partial<TaskActivity> = {},
): TaskActivity {
  const startedAtMs = NINE_OCLOCK_MS + atSeconds * 1000;
  return {
    activityId: `${TASK}-${startedAtMs}-${kind}`,
    kind,
    sourceEvent: kind,
    startedAtMs,
    endedAtMs: startedAtMs + seconds * 1000,
    durationMs: seconds * 1000,
    agent: null,
    destinationAgent: null,
    queue: QUEUE,
    team: null,
    destinationQueueId: null,
    transferType: null,
    terminationReason: null,
    ...more,
  };
}

/** The guide’s transfer example: Agent Braun talks for 0:44, then Agent Hodges for 1:14. */
const task: TaskEnded = {
  tenantId: TENANT,
  acdId: ACD,
  taskId: TASK,
  webexOrgId: ORGANIZATION,
  revision: 1,
  observedAtMs: NINE_OCLOCK_MS + 200_000,
  channel: 'voice',
  channelType: 'telephony',
  channelSubType: null,
  direction: 'inbound',
  contactsWanted: true,
  createdAtMs: NINE_OCLOCK_MS,
  endedAtMs: NINE_OCLOCK_MS + 138_000,
  lastActivityAtMs: NINE_OCLOCK_MS + 150_000,
  callingNumber: '+15555550100',
  calledNumber: '+15555550199',
  queue: QUEUE,
  team: null,
  entryPoint: null,
  terminationType: 'normal',
  terminationReason: 'Customer Left',
  terminatingEnd: 'Customer',
  recordingRequested: true,
  wrapUpCode: null,
  totalMs: 138_000,
  metadata: [],
  activities: [
    row(0, 2, 'task-created'),
    row(2, 8, 'queued'),
    row(10, 5, 'offered', { agent: AGENTS.a }),
    row(15, 44, 'connected', { agent: AGENTS.a }),
    row(59, 5, 'transferred', { agent: AGENTS.a, destinationAgent: AGENTS.b }),
    row(64, 74, 'connected', { agent: AGENTS.b }),
    row(138, 0, 'ended', { agent: AGENTS.b }),
    row(138, 12, 'wrap-up', { agent: AGENTS.b }),
  ],
};

export const TASK_EXAMPLES: GoldenExamples = {
  valid: [
    { name: 'a call that was transferred', payload: task },
    {
      name: 'a chat',
      payload: { ...task, channel: 'chat', channelType: 'chat', contactsWanted: false, activities: [] },
    },
    {
      name: 'a call with mapped metadata',
      payload: {
        ...task,
        metadata: [
          { label: 'Channel Type', value: 'telephony' },
          { label: 'Account', value: null },
        ],
        callTypeLabels: { customerSegment: 'call type', consult: 'call type' },
      },
    },
    { name: 'an activity kind of a later release', payload: changed(task, 'activities/0/kind', 'parked-by-agent') },
  ],
  invalid: [
    { name: 'no activities', payload: changed(task, 'activities', undefined), problem: 'activities: is missing' },
    {
      name: 'an activity without a start',
      payload: changed(task, 'activities/3/startedAtMs', undefined),
      problem: 'activities/3/startedAtMs: is missing',
    },
    {
      name: 'an end in seconds',
      payload: changed(task, 'endedAtMs', 1_772_442_138),
      problem: 'endedAtMs: must be >= 946684800000',
    },
    {
      name: 'a call type under an empty label',
      payload: { ...task, callTypeLabels: { customerSegment: '', consult: null } },
      problem: 'callTypeLabels/customerSegment: must NOT have fewer than 1 characters',
    },
    {
      name: 'an unknown channel',
      payload: changed(task, 'channel', 'fax'),
      problem: 'channel: must be equal to one of the allowed values',
    },
  ],
};
