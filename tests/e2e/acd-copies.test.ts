import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AcdChanged } from '@wxcc-wfo/contracts';
import { waitFor } from '@wxcc-wfo/testkit';
import { migrateAll } from '../../scripts/migrate.ts';
import { SERVICES } from '../../scripts/stack/services.ts';
import { type Bridge, startBridge } from '../support/bridge.ts';
import { type Operator, operatorOf } from '../support/operator.ts';

/** The services that keep copies of the ACDs, and the schemas that hold them. */
const KEEPERS = SERVICES.filter((service) => service.worksForAcds).map(({ name }) => name);
const schemaOf = (name: string) => name.replaceAll('-', '_');

describe('ACD-05 every service has its own copy of the ACDs', () => {
  let bridge: Bridge;
  let operator: Operator;
  beforeAll(async () => {
    bridge = await startBridge({ simulator: { SIM_TASKS: '0' } });
    operator = operatorOf(bridge, bridge.stack.secrets.operator.key);
  }, 120_000);
  afterAll(() => bridge?.stop(), 60_000);

  const copyOf = async (keeper: string, acdId: string): Promise<AcdChanged | undefined> => {
    const { rows } = await bridge.sql(
      `SELECT configuration, deleted FROM ${schemaOf(keeper)}.acd WHERE acd_id = '${acdId}'`,
    );
    return rows[0] && { ...rows[0].configuration, deleted: rows[0].deleted };
  };
  const everywhere = (what: string, acdId: string, isSo: (acd: AcdChanged | undefined) => boolean | undefined) =>
    Promise.all(
      KEEPERS.map((keeper) => waitFor(`${what} at ${keeper}`, async () => isSo(await copyOf(keeper, acdId)))),
    );
  const named = (name: string) => bridge.stack.services.filter(({ service }) => service === name);
  const change = (method: 'PUT' | 'PATCH' | 'DELETE', path: string, body?: object) =>
    operator.change(method, 'oauth', `/v1/acds/${path}`, body);
  async function addAcd(): Promise<string> {
    const { items } = await bridge.call<{ items: { clientRef: string; username: string; apiUrl: string }[] }>(
      'oauth',
      '/v1/acds',
    );
    const { clientRef, username, apiUrl } = items[0]!;
    const webexOrgId = '11111111-1111-4111-8111-111111111111';
    const body = { name: 'Another', clientRef, username, apiUrl, webexOrgId };
    return (await bridge.call<{ acdId: string }>('oauth', '/v1/acds', { body })).acdId;
  }

  it('which every change reaches: a new name, another data server, a deletion', async () => {
    await bridge.told(async () => {
      const { acdId } = bridge;
      await everywhere('the ACD', acdId, (acd) => acd?.authorization === 'authorized');
      await change('PATCH', acdId, { name: 'Renamed' });
      await everywhere('the new name', acdId, (acd) => acd?.name === 'Renamed');
      const body = { sync: null, capture: null, realTimeEvents: 'Frankfurt', mediaImport: null };
      await bridge.call('oauth', '/v1/data-servers', { body: { name: 'Frankfurt' } });
      await change('PUT', `${acdId}/data-servers`, body);
      await everywhere('the data server', acdId, (acd) => acd?.dataServers?.realTimeEvents === 'Frankfurt');
      const gone = await addAcd();
      await everywhere('the other ACD', gone, (acd) => acd?.deleted === false);
      await change('DELETE', gone);
      await everywhere('the deletion', gone, (acd) => acd?.deleted);
    });
  }, 120_000);

  it('which a service with an empty database builds from the topic alone, oauth being stopped', async () => {
    await bridge.told(async () => {
      const { stack, servers, topicPrefix } = bridge;
      const gone = await addAcd();
      await change('DELETE', gone);
      await everywhere('the deletion', gone, (acd) => acd?.deleted);
      const before = await Promise.all(
        KEEPERS.map(async (keeper) => [await copyOf(keeper, bridge.acdId), await copyOf(keeper, gone)]),
      );
      const stopped = [...named('oauth'), ...KEEPERS.flatMap(named)];
      await Promise.all(stopped.map((service) => service.stop('SIGTERM', 20_000)));
      for (const keeper of KEEPERS) await bridge.sql(`DROP SCHEMA ${schemaOf(keeper)} CASCADE`);
      await migrateAll({
        postgresAdminUrl: servers.postgresAdminUrl,
        databaseName: new URL(stack.databaseUrls.oauth).pathname.slice(1),
        passwords: stack.secrets.databasePasswords,
        kafkaBrokers: servers.kafkaBrokers,
        topicPrefix,
        partitions: 3,
        replicationFactor: 1,
      });
      // Ready: it has read the topic to its end.
      await Promise.all(KEEPERS.flatMap(named).map((service) => service.restart()));
      const after = await Promise.all(
        KEEPERS.map(async (keeper) => [await copyOf(keeper, bridge.acdId), await copyOf(keeper, gone)]),
      );
      expect(after).toEqual(before);
      for (const [lives, deleted] of after) {
        expect(lives).toMatchObject({ name: 'Renamed', authorization: 'authorized', deleted: false });
        expect(deleted).toMatchObject({ deleted: true });
      }
      await Promise.all(named('oauth').map((service) => service.restart()));
    });
  }, 180_000);
});
