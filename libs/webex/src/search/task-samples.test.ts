import { expect, it } from '@jest/globals';
import { describeWithSamples, readSample, sampleFiles } from '../testing/samples.ts';
import { decodeActivityPage, decodeTask, oldestFirst } from './task-decoder.ts';

const fail = (field: string, value: string) => {
  throw new Error(`unknown ${field}: ${value}`);
};
/** Each sample selects some fields only; these are the ones that our own query always has. */
const completeTask = (record: object) => ({ createdTime: 1_694_007_067_723, ...record });
const completeNode = (node: object, index: number) => ({
  id: `row-${index}`,
  createdTime: 1_694_007_067_723 - index,
  ...node,
});

const raw = sampleFiles(/^search-taskdetails-(?!.*(aggregation|groupby)).*\.json$/);

describeWithSamples("Cisco's taskDetails samples", () => {
  it.each(raw)('%s decodes with every value known', (file) => {
    const tasks: Record<string, unknown>[] = readSample(file).data.taskDetails.tasks;
    expect(tasks.length).toBeGreaterThan(0);
    for (const record of tasks) {
      const task = decodeTask(completeTask(record), 'tasks[0]', fail);
      expect(task.taskId).toBe(record.id);
      const activities = record.activities as { nodes: object[] } | undefined;
      const page = decodeActivityPage(
        activities && { ...activities, nodes: activities.nodes.map(completeNode) },
        'tasks[0].activities',
        fail,
      );
      expect(page.activities).toHaveLength(activities?.nodes.length ?? 0);
      expect(page.activities.every((activity) => activity.kind !== 'unknown')).toBe(true);
    }
  });

  it('reads the first call of the activities sample as Cisco shows it', () => {
    const [record] = readSample('search-taskdetails-car-activities.json').data.taskDetails.tasks;
    const nodes = record.activities.nodes.map(completeNode);
    const page = decodeActivityPage({ ...record.activities, nodes }, 'activities', fail);
    expect(page).toMatchObject({ totalCount: 8, hasNextPage: false, endCursor: null });
    expect(oldestFirst(page.activities).map((row) => [row.kind, row.durationMs])).toEqual([
      ['task-created', 34151],
      ['flow-step', 0],
      ['offered', 10120],
      ['connected', 22085],
      ['recording-started', 0],
      ['ended', 0],
      ['wrap-up', 4187],
      ['recording-available', 0],
    ]);
  });

  it('reads kinds from row ids where the sample has no event names', () => {
    const [record] = readSample('search-taskdetails-car-sorted.json').data.taskDetails.tasks;
    const page = decodeActivityPage(record.activities, 'activities', fail);
    expect(page.activities.map((row) => row.kind)).toEqual([
      'task-created',
      'flow-step',
      'self-service-started',
      'flow-step',
      'self-service-ended',
      'offered',
      'connected',
      'recording-started',
      'ended',
      'wrap-up',
      'recording-available',
    ]);
    expect(page.activities[7]?.sourceEvent).toBe('capture-started');
  });

  it('reads the lab sample: owner as agent, wrap-up code by its other spelling', () => {
    const [record] = readSample('search-taskdetails-ctg-lab.json').data.taskDetails.tasks;
    expect(decodeTask(completeTask(record), 'task', fail)).toMatchObject({
      taskId: '9c8e3d86-11a2-4db6-bf6b-84531bc36740',
      agent: { id: 'e75cad8e-8770-4654-8ea9-b63f358d7234', name: 'User1 Agent1', sessionId: null },
      queue: { id: '99fd0d26-f828-401d-a3a5-6cbc9b29ab34', name: 'Queue-1' },
      wrapUpCode: { id: null, name: 'Sale' },
      terminatingEnd: 'Customer',
      terminationType: 'sudden_disconnect',
      totals: { totalMs: 30489, connectedMs: 6663, holdMs: 13242 },
    });
  });
});
