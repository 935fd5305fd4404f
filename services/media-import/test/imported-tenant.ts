import { type RecordingAvailable, type RecordingUnavailable, type TaskEnded, TOPICS } from '@wxcc-wfo/contracts';
import { createSimulator, type FaultRequest, type ScriptedTask, type Simulator } from '@wxcc-wfo/simulator';
import { testAddresses, topicLedger, waitFor } from '@wxcc-wfo/testkit';
import { anAcd, aTaskEnded, type MediaImportDatabase, mediaImportDatabase } from './media-import-database.ts';
import { createDeployment, type Deployment, type RunningImport, runImport, signIn } from './running-import.ts';

const WEBHOOK_BASE = 'https://media.bridge.example.com';
const CALL: ScriptedTask['steps'] = [
  { do: 'answer', agent: 1, ringMs: 600 },
  { do: 'talk', ms: 4_000 },
];

interface JobRow {
  state: string;
  attempts: number;
  last_code: string;
  next_attempt_at_ms: number;
  priority: number;
}

/** A simulated tenant whose ACD is authorized and subscribed to, and one running replica that imports its recordings. */
export type ImportedTenant = Awaited<ReturnType<typeof startImportedTenant>>;

export async function startImportedTenant() {
  const cleanUps: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
  };
  try {
    return { ...(await start(cleanUps)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(cleanUps: (() => Promise<unknown>)[]) {
  const resolve: Record<string, string> = {};
  const simulator: Simulator = await createSimulator({
    tasks: 0,
    quotaPerMinute: 100_000,
    resolve,
    recordingDelayMs: 0,
  });
  cleanUps.push(() => simulator.close());
  const acd = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: simulator.tenant.options.orgId });
  const database: MediaImportDatabase = await mediaImportDatabase();
  cleanUps.push(() => database.drop());
  const deployment: Deployment = await createDeployment({
    database,
    acd,
    environment: { WEBHOOK_PUBLIC_BASE: WEBHOOK_BASE, IMPORT_SETTLE_SECONDS: '600' },
  });
  cleanUps.push(() => deployment.close());
  const replica: RunningImport = await runImport(deployment);
  cleanUps.push(() => replica.stop());
  resolve[WEBHOOK_BASE] = replica.url;
  /** Why downloads failed since last looked. */
  const codes: string[] = [];
  replica.wiring.metrics.downloadFailed = (code) => codes.push(code);
  const ledgerOf = async (topic: string) => {
    const ledger = await topicLedger(testAddresses.kafkaBrokers, deployment.topicOf(topic));
    cleanUps.push(() => ledger.close());
    return ledger;
  };
  const available = await ledgerOf(TOPICS.recordingAvailable);
  const unavailable = await ledgerOf(TOPICS.recordingUnavailable);
  await deployment.handOver({ version: 1, accessToken: signIn(simulator) });
  await replica.publish({ topic: TOPICS.acdChanged, payload: acd });
  await waitFor('the subscription', () => simulator.tenant.subscriptions.list(2).length === 1);

  const eventsOf = (taskId: string): RecordingAvailable[] =>
    available.records.map((one) => one.json<RecordingAvailable>()).filter((one) => one.taskId === taskId);
  const verdictsOf = (taskId: string) =>
    unavailable.records
      .map((one) => one.json<RecordingUnavailable>())
      .filter((one) => one.taskId === taskId)
      .map(({ version, code }) => `${version} ${code ?? 'withdrawn'}`);
  const get = (path: string, key = deployment.keys.own, method = 'GET') =>
    fetch(`${replica.url}${path}`, { method, headers: { authorization: `Bearer ${key}` } });

  return {
    simulator,
    acd,
    database,
    deployment,
    replica,
    codes,
    get,
    eventsOf,
    fault: (request: FaultRequest) => simulator.tenant.faults.add(request),
    call: (task: Partial<ScriptedTask> = {}) => simulator.addTask({ steps: CALL, ...task }),
    end: (taskId: string, changes: Partial<TaskEnded> = {}) =>
      replica.publish({ topic: TOPICS.taskEnded, payload: aTaskEnded(acd, { taskId, ...changes }) }),
    /** Until this was told of a task, as `1 not-offered` or `2 withdrawn`, and nothing else. */
    told: (taskId: string, ...verdicts: string[]) =>
      waitFor(`${verdicts.join(', ')} of ${taskId}`, () => verdictsOf(taskId).join() === verdicts.join()),
    stored: (taskId: string, count = 2) =>
      waitFor(`${count} recordings of ${taskId}`, () => (eventsOf(taskId).length >= count ? eventsOf(taskId) : null)),
    async job(taskId: string): Promise<JobRow> {
      const { rows } = await database.pool.query('SELECT * FROM import_job WHERE task_id = $1', [taskId]);
      return rows[0];
    },
    async keyOf({ recordingId, generation }: RecordingAvailable): Promise<Buffer> {
      const answer = await get(`/v1/recordings/${recordingId}/generations/${generation}/key`, deployment.keys.sibling);
      const { sealedKey } = (await answer.json()) as { sealedKey: string };
      return deployment.handover.open(sealedKey, `recording:${recordingId}:${generation}`);
    },
  };
}
