import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type AcdChanged, type RecordingAvailable, TOPICS } from '@wxcc-wfo/contracts';
import { createSimulator, type Simulator } from '@wxcc-wfo/simulator';
import {
  type SpawnedService,
  spawnService,
  type TopicLedger,
  testAddresses,
  topicLedger,
  waitFor,
} from '@wxcc-wfo/testkit';
import { anAcd, type MediaImportDatabase, mediaImportDatabase } from './media-import-database.ts';
import { createDeployment, type Deployment, type RunningImport, runImport, signIn } from './running-import.ts';

const entry = fileURLToPath(new URL('../src/server.ts', import.meta.url));

describe('imports that are cut short', () => {
  let simulator: Simulator;
  let database: MediaImportDatabase;
  let deployment: Deployment;
  let heir: RunningImport | undefined;
  let available: TopicLedger;
  let acd: AcdChanged;
  const children: SpawnedService[] = [];

  beforeAll(async () => {
    simulator = await createSimulator({ tasks: 0, quotaPerMinute: 100_000, recordingDelayMs: 0 });
    acd = anAcd({ apiUrl: simulator.baseUrl, webexOrgId: simulator.tenant.options.orgId });
    database = await mediaImportDatabase();
    deployment = await createDeployment({ database, acd });
    await deployment.handOver({ version: 1, accessToken: signIn(simulator) });
    await database.pool.query(
      'INSERT INTO acd (acd_id, tenant_id, revision, deleted, active, configuration) VALUES ($1, $2, 1, false, true, $3)',
      [acd.acdId, acd.tenantId, JSON.stringify(acd)],
    );
    await (await runImport(deployment, { consumes: false })).stop(); // makes the topics
    available = await topicLedger(testAddresses.kafkaBrokers, deployment.topicOf(TOPICS.recordingAvailable));
  });
  afterAll(async () => {
    await Promise.all(children.map((child) => child.kill('SIGKILL')));
    await available?.close();
    await heir?.stop();
    await simulator?.close();
    await deployment?.close();
    await database?.drop();
  });

  it.each(['SIGTERM', 'SIGKILL'] as const)(
    'MED-05 are had once, and nothing is left of them, after %s',
    async (signal) => {
      await heir?.stop();
      heir = undefined;
      const child = spawnService({
        name: 'media-import',
        entry,
        env: { ...deployment.environment, IMPORT_FIRST_RETRY_MS: '200', LOG_LEVEL: 'warn' },
      });
      children.push(child);
      const { taskId } = simulator.addTask({
        steps: [
          { do: 'answer', agent: 1 },
          { do: 'talk', ms: 3_000 },
        ],
      });
      simulator.tenant.faults.add({ kind: 'slow', routes: ['storage'], delayMs: 4_000 });
      await database.pool.query(
        `INSERT INTO import_job (acd_id, task_id, tenant_id, webex_org_id, task_revision, ended_at_ms, recording_expected,
         state, next_attempt_at_ms, created_at_ms) VALUES ($1, $2, $3, $4, 1, $5, true, 'waiting', 0, 0)`,
        [acd.acdId, taskId, acd.tenantId, acd.webexOrgId, Date.now()],
      );
      const pending = async () => (await database.pool.query('SELECT FROM pending_file')).rowCount ?? 0;
      await waitFor('the download to be under way', async () => (await pending()) > 0);
      expect(await child.kill(signal)).toEqual(
        signal === 'SIGTERM' ? { code: 0, signal: null } : { code: null, signal },
      );
      const { rows } = await database.pool.query(
        'SELECT lease_until_ms > now_ms() AS leased, attempts FROM import_job WHERE task_id = $1',
        [taskId],
      );
      // Ordered: the next replica goes on at once. Killed: after its leases, which the test does not wait for.
      expect(rows).toEqual([signal === 'SIGTERM' ? { leased: false, attempts: 0 } : { leased: true, attempts: 1 }]);
      expect(await pending()).toBe(signal === 'SIGTERM' ? 0 : 1);
      await database.pool.query('UPDATE import_job SET lease_until_ms = 1 WHERE lease_until_ms > 0');
      await database.pool.query(`UPDATE relay_lease SET owner = NULL, expires_at = '-infinity'`);
      await database.pool.query('DELETE FROM relay_member');
      simulator.tenant.faults.reset();
      heir = await runImport(deployment, { consumes: false });
      const mine = () => available.records.filter((one) => one.json<RecordingAvailable>().taskId === taskId);
      await waitFor('both recordings', () => mine().length >= 2);
      await waitFor('the sweep', async () => (await pending()) === 0);
      await heir.wiring.relay.idle();
      expect(mine()).toHaveLength(2);
      expect((await deployment.files()).every((name) => name.endsWith('.tink'))).toBe(true);
      expect(await deployment.files()).toHaveLength(available.records.length);
    },
  );
});
