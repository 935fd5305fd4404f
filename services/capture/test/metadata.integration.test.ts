import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SAMPLE_REQUEST_OPTIONS, type TaskEnded, TOPICS } from '@wxcc-wfo/contracts';
import { createSimulator, type Simulator, type SimulatorOptions } from '@wxcc-wfo/simulator';
import { type TopicLedger, testAddresses, topicLedger, uniqueName, waitFor } from '@wxcc-wfo/testkit';
import { anAcd, type CaptureDatabase, captureDatabase } from './capture-database.ts';
import { announce, type RunningCapture, runCapture, signIn } from './running-capture.ts';

interface Running {
  simulator: Simulator;
  capture: RunningCapture;
  ended: TopicLedger;
  /** `GET /v1/acds/{acdId}/metadata-mappings`. */
  mappings(key?: string): Promise<Response>;
  stop(): Promise<void>;
}

interface ShownMapping {
  acdMetadataName: string;
  state: string;
  reason: string | null;
  since: string | null;
}

const SEEDED_TASKS = 30;

/** Capture of a simulated tenant whose ACD maps these names, each to the label beside it. */
async function runMapped(mapped: [name: string, label: string][], more: Partial<SimulatorOptions>): Promise<Running> {
  const topicPrefix = `${uniqueName('metadata')}.`;
  const simulator = await createSimulator({ tasks: SEEDED_TASKS, quotaPerMinute: 100_000, ...more });
  const acd = anAcd({
    apiUrl: simulator.baseUrl,
    webexOrgId: simulator.tenant.options.orgId,
    metadataMappings: mapped.map(([acdMetadataName, metadataLabel]) => ({ acdMetadataName, metadataLabel })),
  });
  const database: CaptureDatabase = await captureDatabase();
  const capture = await runCapture({ database, acd, topicPrefix, environment: { POLL_INTERVAL_MS: '1000' } });
  const ended = await topicLedger(testAddresses.kafkaBrokers, capture.topicOf('task-ended'));
  await capture.handOver(acd.acdId, { version: 1, accessToken: signIn(simulator) });
  await announce(topicPrefix, TOPICS.acdChanged, acd);
  return {
    simulator,
    capture,
    ended,
    mappings: (key = capture.key) =>
      fetch(`${capture.url}/v1/acds/${acd.acdId}/metadata-mappings`, { headers: { authorization: `Bearer ${key}` } }),
    async stop() {
      await ended.close();
      await capture.stop();
      await simulator.close();
      await database.drop();
    },
  };
}

describe('CAP-04 mapped metadata of a simulated tenant', () => {
  let running: Running;
  beforeAll(async () => {
    running = await runMapped(
      [
        ['taskDetails.contactReason', 'Reason'],
        ['taskDetails.entryPoint.name', 'Entry point'],
        ['taskDetails.lastEntryPoint.name', 'Entry point'],
        ['taskDetails.channelMetaData.email.metaData', 'Header'],
        ['task.csatScore', 'Score'],
        ['task.Language:String', 'Language'],
        ['task.CustomerTier:Integer', 'Tier'],
        ['task.AccountNumber:Long', 'Account'],
        ['task.OpenAmount:Double', 'Open amount'],
        ['task.Vip:Boolean', 'VIP'],
        ['task.Language:Integer', 'Of another type'],
        ['Customer segment', 'call type'],
      ],
      {},
    );
    await running.ended.waitFor(SEEDED_TASKS);
  });
  afterAll(() => running?.stop());

  it('CAP-04 every task carries its values as text under the labels, in the order of the mappings', () => {
    const events = new Map(running.ended.records.map((record) => [record.json<TaskEnded>().taskId, record]));
    const truth = running.simulator.groundTruth().filter((task) => task.ended);
    expect(truth).toHaveLength(SEEDED_TASKS);
    for (const { taskId, contactReason, entryPointName, globalVariables } of truth) {
      expect(events.get(taskId)?.json<TaskEnded>()).toMatchObject({
        metadata: [
          { label: 'Reason', value: contactReason },
          { label: 'Entry point', value: entryPointName },
          { label: 'Header', value: null },
          { label: 'Score', value: '0' },
          { label: 'Language', value: globalVariables.Language },
          { label: 'Tier', value: String(globalVariables.CustomerTier) },
          { label: 'Account', value: String(globalVariables.AccountNumber) },
          { label: 'Open amount', value: String(globalVariables.OpenAmount) },
          { label: 'VIP', value: String(globalVariables.Vip) },
          { label: 'Of another type', value: null },
        ],
        callTypeLabels: { customerSegment: 'call type', consult: null },
      });
    }
  });

  it('CAP-04 what the tenant’s API does not know is shown as not offered, to its tenant alone', async () => {
    const mappings = await waitFor('the end of the first poll', async () => {
      const { mappings: shown } = (await (await running.mappings()).json()) as { mappings: ShownMapping[] };
      return shown.some(({ state }) => state === 'not-offered') ? shown : undefined;
    });
    const notOffered = mappings.filter(({ state }) => state === 'not-offered');
    expect(notOffered.map(({ acdMetadataName }) => acdMetadataName)).toEqual([
      'taskDetails.entryPoint.name',
      'taskDetails.channelMetaData.email.metaData',
    ]);
    expect(notOffered[0]?.reason).toContain('"entryPoint"');
    expect(Date.parse(notOffered[0]?.since ?? '')).not.toBeNaN();
    expect(new Set(mappings.map(({ state }) => state))).toEqual(new Set(['read', 'not-offered', 'call-type']));
    expect((await running.mappings(running.capture.foreignKey)).status).toBe(404);
  });

  it('CAP-04 a value that changed is published as the task’s next revision', async () => {
    const [taskId] = running.simulator.endTasks(1);
    const of = (record: { json<T>(): T }) => record.json<TaskEnded>();
    await running.ended.waitFor((record) => of(record).taskId === taskId);
    running.simulator.changeTask(taskId!, { csatScore: 4 });
    const [record] = await running.ended.waitFor((one) => of(one).taskId === taskId && of(one).revision === 2);
    expect(of(record!).metadata).toContainEqual({ label: 'Score', value: '4' });
  });
});

describe('CAP-04 a tenant whose API knows all that the guide’s sample requests ask for', () => {
  let running: Running;
  beforeAll(async () => {
    running = await runMapped(
      SAMPLE_REQUEST_OPTIONS.map((name) => [name, name]),
      { searchSampleFields: true },
    );
    await running.ended.waitFor(SEEDED_TASKS);
  });
  afterAll(() => running?.stop());

  it('CAP-04 all 118 options are read', async () => {
    const { mappings } = (await (await running.mappings()).json()) as { mappings: { state: string }[] };
    expect(mappings.map(({ state }) => state)).toEqual(Array(118).fill('read'));
    for (const { metadata } of running.ended.records.map((record) => record.json<TaskEnded>())) {
      expect(metadata.map(({ label }) => label)).toEqual([...SAMPLE_REQUEST_OPTIONS]);
    }
  });

  it('CAP-04 those of two and three levels and of the entry point have their values', async () => {
    const { taskId, entryPointName } = running.simulator.addTask({
      channelType: 'email',
      origin: 'customer@mail.example',
      steps: [{ do: 'queue', ms: 2_000 }, { do: 'give-up' }],
    });
    const [record] = await running.ended.waitFor((one) => one.json<TaskEnded>().taskId === taskId);
    const values = new Map(record!.json<TaskEnded>().metadata.map(({ label, value }) => [label, value]));
    const valueOfBoth = (field: string) => [values.get(`task.${field}`), values.get(`taskDetails.${field}`)];
    expect(valueOfBoth('origin')).toEqual(['customer@mail.example', 'customer@mail.example']);
    expect(valueOfBoth('entryPoint.name')).toEqual([entryPointName, entryPointName]);
    expect(values.get('task.channelMetaData.email.subject')).toMatch(/^Question \d+$/);
    expect(values.get('taskDetails.channelMetaData.email.metaData')).toMatch(/^Message \d+$/);
    expect(values.get('task.queueDuration')).toBe('2000');
    expect(values.get('task.callbackData.callbackNumber')).toBeNull();
  });
});
