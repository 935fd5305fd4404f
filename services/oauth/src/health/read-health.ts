import { countWorkers, type RoleReport, readRoleReports, whyNotServed } from '@wxcc-wfo/acd';
import { type AcdChanged, DATA_SERVER_ROLES, type DataServerRole } from '@wxcc-wfo/contracts';
import type { SqlClient } from '@wxcc-wfo/service-kit';
import { type Acd, toAcdChanged } from '../acds/acd.ts';
import type { Wiring } from '../wiring.ts';
import type { Finding } from './finding.ts';
import {
  judgeAuthorization,
  shownState,
  standingWarning,
  type TokenHealthFacts,
  type Verdict,
  verdictOf,
} from './health-policy.ts';
import { readTokenRecords, type TokenRecord } from './health-repository.ts';
import { expectedEveryMs, isRoleNeeded, judgeRole, type RoleState } from './role-health-policy.ts';

export interface RoleHealth {
  role: DataServerRole;
  dataServer: string | null;
  state: RoleState;
  workers: number | null;
  report: RoleReport | undefined;
  finding: Finding | null;
}

/** Everything that is known of how one connection does. */
export interface ConnectionHealth {
  acd: Acd;
  verdict: Verdict;
  token: TokenRecord | null;
  facts: TokenHealthFacts | null;
  tokenState: ReturnType<typeof shownState>;
  warningDays: ReturnType<typeof standingWarning>;
  roles: RoleHealth[];
  atMs: number;
}

/** How these connections do. A Redis that is away leaves the roles unknown. */
export async function readHealth(wiring: Wiring, sql: SqlClient, acds: readonly Acd[]): Promise<ConnectionHealth[]> {
  const tokens = await readTokenRecords(
    sql,
    acds.map(({ acdId }) => acdId),
  );
  const told = await readWorkers(wiring, acds);
  const nowMs = wiring.clock.nowMs();
  return acds.map((acd) => healthOf(acd, { token: tokens.get(acd.acdId) ?? null, told, nowMs }));
}

function healthOf(acd: Acd, o: { token: TokenRecord | null; told: Told; nowMs: number }): ConnectionHealth {
  const { token, told, nowMs } = o;
  const changed = toAcdChanged(acd);
  const facts = token && { ...token, isRefreshing: (token.intentUntilMs ?? 0) > nowMs };
  const authorization = judgeAuthorization(
    {
      acdId: acd.acdId,
      method: acd.clientRef === null ? 'api-key' : 'oauth',
      authorization: acd.authorization,
      changedAtMs: acd.changedAtMs,
      token: facts,
    },
    nowMs,
  );
  const greenSinceMs = token?.sinceMs ?? acd.changedAtMs;
  const roles = DATA_SERVER_ROLES.map((role) => roleHealth(changed, { role, told, greenSinceMs }, nowMs));
  const findings = [...authorization, ...roles.flatMap(({ finding }) => finding ?? [])];
  return {
    acd,
    verdict: verdictOf(findings, greenSinceMs),
    token,
    facts,
    tokenState: shownState(facts),
    warningDays: standingWarning(facts, nowMs),
    roles,
    atMs: nowMs,
  };
}

function roleHealth(
  acd: AcdChanged,
  o: { role: DataServerRole; told: Told; greenSinceMs: number },
  nowMs: number,
): RoleHealth {
  const { role, told } = o;
  const dataServer = acd.dataServers?.[role] ?? null;
  const workers = told && dataServer !== null ? (told.workers.get(workerKey(role, dataServer)) ?? 0) : null;
  const report = told?.reports.get(acd.acdId)?.[role];
  const judged = judgeRole(
    {
      role,
      unserved: whyNotServed(role, acd.variant),
      dataServer,
      isNeeded: isRoleNeeded(role, acd),
      isAuthorized: acd.authorization === 'authorized',
      everyMs: expectedEveryMs(role, acd),
      configuredAtMs: o.greenSinceMs,
      told: told ? { workers: workers ?? 0, report } : 'unknown',
    },
    nowMs,
  );
  return { role, dataServer, workers, report, ...judged };
}

/** What workers tell over Redis; null: it is away. */
type Told = {
  reports: Awaited<ReturnType<typeof readRoleReports>>;
  workers: Map<string, number>;
} | null;

const workerKey = (role: DataServerRole, dataServer: string) => `${role}:${dataServer}`;

async function readWorkers({ redis }: Wiring, acds: readonly Acd[]): Promise<Told> {
  const groups = new Map<string, { role: DataServerRole; dataServer: string }>();
  for (const acd of acds) {
    const { dataServers } = toAcdChanged(acd);
    for (const role of DATA_SERVER_ROLES) {
      const dataServer = dataServers?.[role];
      if (dataServer) groups.set(workerKey(role, dataServer), { role, dataServer });
    }
  }
  try {
    const [reports, counted] = await Promise.all([
      readRoleReports(
        redis,
        acds.map(({ acdId }) => acdId),
      ),
      Promise.all(
        [...groups].map(async ([key, one]) => [key, await countWorkers(redis, one.role, one.dataServer)] as const),
      ),
    ]);
    return { reports, workers: new Map(counted) };
  } catch {
    return null;
  }
}
