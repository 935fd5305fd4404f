import { randomUUID } from 'node:crypto';
import type { ActivityKind, TaskActivity, TaskEnded } from '@wxcc-wfo/contracts';

const QUEUE = { id: 'c6f3c0f2-6e0a-4d8c-9f0e-2f6f1f0d7a11', name: 'Billing and accounts' };
const TEAM = { id: '8a4b8b1e-2f63-4a56-8a57-33c5ce1b8f02', name: 'Billing team, first line' };
const ENTRY_POINT = { id: '5d8f3f16-1f0c-4a9c-a5a8-4e4a6b6f2a90', name: 'Main number' };
const AGENTS = Array.from({ length: 200 }, (_, n) => ({
  id: randomUUID(),
  name: `Agent Number ${n}`,
  sessionId: randomUUID(),
}));

export interface CallOwner {
  tenantId: string;
  acdId: string;
  webexOrgId: string;
}

/**
 * The nth ended call of a made-up day, as capture publishes it: 14 activities with a hold; every tenth call is transferred
 * (18 activities, two contacts). About 6 to 8 kB of JSON, as real ones.
 */
export function syntheticCall(n: number, owner: CallOwner, dayMs: number): TaskEnded {
  const taskId = randomUUID();
  const agent = AGENTS[n % AGENTS.length]!;
  const startMs = dayMs + n * 900;
  const activities: TaskActivity[] = [];
  let atMs = startMs;
  const add = (kind: ActivityKind, ms: number, by: TaskActivity['agent'] = null, to: TaskActivity['agent'] = null) => {
    activities.push({
      activityId: `${taskId}-${atMs}-${kind}-${activities.length}`,
      kind,
      sourceEvent: kind,
      startedAtMs: atMs,
      endedAtMs: atMs + ms,
      durationMs: ms,
      agent: by,
      destinationAgent: to,
      queue: by === null ? null : QUEUE,
      team: by === null ? null : TEAM,
      destinationQueueId: null,
      transferType: to === null ? null : 'BLIND_TRANSFER',
      terminationReason: null,
    });
    atMs += ms;
  };
  add('task-created', 40);
  add('self-service-started', 9_000);
  add('flow-step', 300);
  add('flow-step', 500);
  add('self-service-ended', 20);
  add('queued', 21_000 + (n % 40) * 1_000);
  add('offered', 4_200, agent);
  add('connected', 61_000, agent);
  add('recording-started', 5, agent);
  add('held', 24_000, agent);
  add('hold-ended', 83_000 + (n % 100) * 1_000, agent);
  let last = agent;
  if (n % 10 === 0) {
    last = AGENTS[(n + 7) % AGENTS.length]!;
    add('blind-transferred', 30, agent, last);
    add('transferred', 5_000, last);
    add('connected', 45_000, last);
    add('flow-step', 10);
  }
  const endedAtMs = atMs;
  add('ended', 0, last);
  add('wrap-up', 12_000, last);
  add('recording-available', 0);
  return {
    ...owner,
    taskId,
    revision: 1,
    observedAtMs: atMs,
    channel: 'voice',
    channelType: 'telephony',
    channelSubType: null,
    direction: 'inbound',
    contactsWanted: true,
    createdAtMs: startMs,
    endedAtMs,
    lastActivityAtMs: atMs,
    callingNumber: `+1408555${String(n % 10_000).padStart(4, '0')}`,
    calledNumber: '+18005550100',
    queue: QUEUE,
    team: TEAM,
    entryPoint: ENTRY_POINT,
    terminationType: 'normal',
    terminationReason: 'Customer Left',
    terminatingEnd: 'Customer',
    recordingRequested: true,
    wrapUpCode: { id: 'f0a7f1c2-73a4-4c1c-9c5e-0c8d7d6c5b4a', name: 'Question answered' },
    totalMs: endedAtMs - startMs,
    metadata: [{ label: 'Account', value: String(100_000 + n) }],
    activities,
  };
}
