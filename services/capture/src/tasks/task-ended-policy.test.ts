import { describe, expect, it } from '@jest/globals';
import { checkEvent, TOPICS } from '@wxcc-wfo/contracts';
import type { TaskFacts } from '@wxcc-wfo/webex';
import { activityFacts, taskFacts } from '../../test/task-facts.ts';
import { readMappings } from '../metadata/metadata-policy.ts';
import { areContactsWanted, recogniseEndedTask, toTaskEnded } from './task-ended-policy.ts';

const ENDED_MS = 1_780_000_060_000;
const task = (changes: Partial<TaskFacts> = {}) =>
  taskFacts({
    taskId: 'task-1',
    endedAtMs: ENDED_MS,
    activities: [activityFacts({ activityId: 'row-1', queueId: 'queue-1', queueName: 'Service' })],
    ...changes,
  });
const ended = (changes: Partial<TaskFacts> = {}) => {
  const recognised = recogniseEndedTask(task(changes));
  if (recognised.kind !== 'ended') throw new Error(recognised.kind);
  return recognised.task;
};
const acd = {
  tenantId: '11111111-1111-4111-8111-111111111111',
  acdId: '22222222-2222-4222-8222-222222222222',
  webexOrgId: 'org-1',
  qualityManagement: { enabled: true, voice: true, digital: false },
};

describe('recogniseEndedTask', () => {
  it('takes a task as ended by its end alone: it may still be active while the agent wraps up', () => {
    expect(recogniseEndedTask(task({ isActive: true })).kind).toBe('ended');
    expect(recogniseEndedTask(task({ endedAtMs: null })).kind).toBe('open');
  });

  it('does not take a task whose activities were cut short', () => {
    expect(recogniseEndedTask(task({ activitiesComplete: false })).kind).toBe('incomplete');
  });

  it('gives equal facts an equal hash, and another one to every fact that segmenting or statistics use', () => {
    const { hash } = ended();
    expect(ended({ customer: { name: 'x', phoneNumber: null, email: null }, recordingCount: 2 }).hash).toBe(hash);
    expect(ended({ lastActivityAtMs: ENDED_MS + 5 }).hash).toBe(hash);
    const others = [{ ani: '+1' }, { endedAtMs: ENDED_MS + 1 }, { activities: [] }, { terminatingEnd: 'Agent' }];
    expect(new Set([hash, ...others.map((other) => ended(other).hash)]).size).toBe(5);
  });

  it('counts the facts that are known, so that a fact that got lost is noticed', () => {
    expect(ended({ terminationReason: null }).factCount).toBe(ended().factCount - 1);
  });

  it('replaces what Postgres refuses (NUL, lone surrogates) and leaves the rest as it is', () => {
    const { facts } = ended({ terminationReason: 'a\u0000b', ani: '\ud83d', dnis: 'Grüße 👋 \\u0000' });
    expect(facts).toMatchObject({
      terminationReason: 'a\ufffdb',
      callingNumber: '\ufffd',
      calledNumber: 'Grüße 👋 \\u0000',
    });
  });
});

describe('CAP-04 metadata among the facts', () => {
  const mappings = readMappings([
    { acdMetadataName: 'task.contactReason', metadataLabel: 'Reason' },
    { acdMetadataName: 'Customer segment', metadataLabel: 'call type' },
  ]);
  const mapped = (metadata: Record<string, string>) => {
    const recognised = recogniseEndedTask(task({ metadata }), mappings);
    if (recognised.kind !== 'ended') throw new Error(recognised.kind);
    return recognised.task;
  };

  it('CAP-04 a changed value makes another revision, and a lost one is noticed', () => {
    const { hash, factCount } = mapped({ contactReason: 'Billing' });
    expect(mapped({ contactReason: 'Billing' }).hash).toBe(hash);
    expect(mapped({ contactReason: 'Sales' }).hash).not.toBe(hash);
    expect(mapped({}).factCount).toBe(factCount - 1);
  });

  it('CAP-04 where nothing is mapped the facts are those of before', () =>
    expect(ended({ metadata: { contactReason: 'Billing' } }).json).toBe(ended().json));

  it('CAP-04 is in the event, within the contract', () => {
    const stored = { taskId: 'task-1', revision: 1, observedAtMs: ENDED_MS, lastActivityAtMs: null };
    const event = toTaskEnded(acd, { ...stored, facts: mapped({ contactReason: 'Billing' }).facts });
    expect(checkEvent(TOPICS.taskEnded, event)).toMatchObject({ ok: true });
    expect(event).toMatchObject({
      metadata: [{ label: 'Reason', value: 'Billing' }],
      callTypeLabels: { customerSegment: 'call type', consult: null },
    });
  });
});

describe('toTaskEnded', () => {
  it('CAP-03 carries agent, ANI as calling number, DNIS as called number, session and times, within the contract', () => {
    const { taskId, facts, lastActivityAtMs } = ended();
    const event = toTaskEnded(acd, { taskId, facts, lastActivityAtMs, revision: 3, observedAtMs: ENDED_MS + 9 });
    expect(checkEvent(TOPICS.taskEnded, event)).toMatchObject({ ok: true });
    expect(event).toMatchObject({
      taskId: 'task-1',
      revision: 3,
      channel: 'voice',
      callingNumber: '+14155550100',
      calledNumber: '+14155550199',
      endedAtMs: ENDED_MS,
      contactsWanted: true,
      metadata: [],
    });
    expect(event.activities[0]).toMatchObject({
      activityId: 'row-1',
      agent: { id: 'agent-1', name: 'Anders, Anna', sessionId: 'session-1' },
      queue: { id: 'queue-1', name: 'Service' },
      destinationAgent: null,
    });
  });

  it('stays within the contract when names and reasons are longer than it takes', () => {
    const { taskId, facts, lastActivityAtMs } = ended({
      ani: 'x'.repeat(900),
      terminationReason: 'y'.repeat(900),
      queue: { id: 'q', name: 'z'.repeat(900) },
    });
    const event = toTaskEnded(acd, { taskId, facts, lastActivityAtMs, revision: 1, observedAtMs: ENDED_MS });
    expect(checkEvent(TOPICS.taskEnded, event)).toMatchObject({ ok: true });
  });
});

describe('CAP-02 areContactsWanted', () => {
  it.each([
    ['voice', { enabled: true, voice: true, digital: false }, true],
    ['voice', { enabled: true, voice: false, digital: true }, false],
    ['voice', { enabled: false, voice: true, digital: true }, false],
    ['chat', { enabled: true, voice: true, digital: true }, true],
    ['sms', { enabled: true, voice: true, digital: true }, true],
    ['chat', { enabled: true, voice: true, digital: false }, false],
    ['email', { enabled: true, voice: true, digital: true }, false],
    ['social', { enabled: true, voice: true, digital: true }, false],
    ['other', { enabled: true, voice: true, digital: true }, false],
  ] as const)('%s under %j: %s', (channel, qm, wanted) => {
    expect(areContactsWanted(channel, qm)).toBe(wanted);
  });
});
