import type { RoleReport, whyNotServed } from '@wxcc-wfo/acd';
import type { AcdChanged, DataServerRole } from '@wxcc-wfo/contracts';
import { flagsOfRole } from '../data-servers/data-server-policy.ts';
import type { Finding } from './finding.ts';

/** How the work of a role goes for one ACD (ACD-04), out of what its workers told. Pure. */

const MINUTE_MS = 60_000;

export type RoleState =
  | 'working'
  /** It works when there is something to do, and there was nothing yet. */
  | 'waiting'
  | 'late'
  | 'failing'
  | 'no-worker'
  | 'switched-off'
  /** The configuration asks for none of its work. */
  | 'not-needed'
  /** No service of this release speaks the variant's APIs in this role. */
  | 'not-available'
  /** The connection is not authorized, so nobody can work. */
  | 'blocked'
  /** What workers tell cannot be read now. */
  | 'unknown';

export interface RoleFacts {
  role: DataServerRole;
  /** Why this release works in the role for no ACD of the variant; null: it does. */
  unserved: ReturnType<typeof whyNotServed>;
  /** Null: switched off. */
  dataServer: string | null;
  isNeeded: boolean;
  isAuthorized: boolean;
  /** How long ago its last success may be; null: it works when there is something to do. */
  everyMs: number | null;
  /** Since when it could have worked. */
  configuredAtMs: number;
  /** What its workers told; `unknown`: Redis is away. */
  told: { workers: number; report: RoleReport | undefined } | 'unknown';
}

export interface RoleJudgement {
  state: RoleState;
  finding: Finding | null;
}

/** A hitch that goes away by itself makes nobody run. */
const HITCH_MS = 15 * MINUTE_MS;
const LATE_TRY_MS = 10 * MINUTE_MS;

/** Without it contacts are not made (red), or something beside them (amber). */
const WITHOUT_WORKER: Record<DataServerRole, Finding['health']> = {
  capture: 'red',
  mediaImport: 'red',
  sync: 'amber',
  realTimeEvents: 'amber',
};

/** How one role does for one ACD. */
export function judgeRole(facts: RoleFacts, nowMs: number): RoleJudgement {
  const { role, dataServer, told } = facts;
  if (!facts.isNeeded) return { state: 'not-needed', finding: null };
  if (facts.unserved) {
    return { state: 'not-available', finding: { ...facts.unserved, health: WITHOUT_WORKER[role], sinceMs: null } };
  }
  if (dataServer === null) {
    const reason = `The role ${role} is switched off on its data server, so nobody works.`;
    const remedy = `Switch it on with PATCH /v1/data-servers/{id}, or assign the ACD to another data server.`;
    return {
      state: 'switched-off',
      finding: { code: 'nobody-serves', health: 'amber', sinceMs: null, reason, remedy },
    };
  }
  if (told === 'unknown') {
    const reason = `How the role ${role} does is not known: Redis, over which its workers tell, is away.`;
    const remedy = 'Bring Redis back; the work itself goes on without it.';
    return { state: 'unknown', finding: { code: 'role-unknown', health: 'amber', sinceMs: null, reason, remedy } };
  }
  const [flag] = flagsOfRole({ role, dataServer, enabled: true, acds: 1, liveWorkers: told.workers });
  if (flag) {
    const { code, remedy } = flag;
    const reason = `No worker of the data server ${dataServer} lives for the role ${role}.`;
    return { state: 'no-worker', finding: { code, health: WITHOUT_WORKER[role], sinceMs: null, reason, remedy } };
  }
  if (!facts.isAuthorized) return { state: 'blocked', finding: null };
  return judgeReport(facts, told.report, nowMs);
}

function judgeReport(facts: RoleFacts, report: RoleReport | undefined, nowMs: number): RoleJudgement {
  const { role, everyMs, configuredAtMs } = facts;
  if (report?.problem) {
    const sinceMs = report.problemSinceMs ?? report.reportedAtMs;
    const health = nowMs - sinceMs < HITCH_MS ? 'amber' : 'red';
    const remedy =
      report.remedy ?? 'It is tried again by itself; the log of the service that works in this role says more.';
    const reason = `${role}: ${report.problem}`;
    return { state: 'failing', finding: { code: 'role-fails', health, sinceMs, reason, remedy } };
  }
  const sinceMs = lateSinceMs({ report, everyMs, configuredAtMs }, nowMs);
  if (sinceMs !== null) {
    const last = report?.lastSuccessAtMs;
    const reason = `${role}: the last success was ${last ? `at ${iso(last)}` : 'never'}, and the next try has not come.`;
    const remedy = `Look at the log of the service that works in this role on the data server ${facts.dataServer}.`;
    // Without a report (an emptied Redis forgets them, say) nobody knows that the work stands still.
    const isStuck = report !== undefined && nowMs - sinceMs >= HITCH_MS;
    const health = isStuck ? WITHOUT_WORKER[role] : 'amber';
    return { state: 'late', finding: { code: 'role-late', health, sinceMs, reason, remedy } };
  }
  return { state: report?.lastSuccessAtMs ? 'working' : 'waiting', finding: null };
}

/** Since when its work should have been done and was not; null: it is in time. */
function lateSinceMs(
  o: { report: RoleReport | undefined; everyMs: number | null; configuredAtMs: number },
  nowMs: number,
): number | null {
  const nextTryAtMs = o.report?.nextTryAtMs ?? null;
  if (nextTryAtMs !== null && nowMs - nextTryAtMs > LATE_TRY_MS) return nextTryAtMs;
  if (o.everyMs === null) return null;
  const dueAtMs = Math.max(o.report?.lastSuccessAtMs ?? 0, o.configuredAtMs) + o.everyMs;
  return nowMs > dueAtMs ? dueAtMs : null;
}

/** How long ago the last success of a role may be. Capture polls every minute or so; sync has its interval. */
export function expectedEveryMs(
  role: DataServerRole,
  acd: Pick<AcdChanged, 'synchronizationIntervalMinutes'>,
): number | null {
  if (role === 'capture') return 30 * MINUTE_MS;
  if (role === 'sync') return 3 * acd.synchronizationIntervalMinutes * MINUTE_MS;
  return null;
}

/** Whether the configuration of an ACD asks for a role's work at all. */
export function isRoleNeeded(
  role: DataServerRole,
  acd: Pick<AcdChanged, 'qualityManagement' | 'rteMessaging'>,
): boolean {
  if (role === 'realTimeEvents') return acd.rteMessaging;
  if (role === 'mediaImport') return acd.qualityManagement.enabled;
  return true;
}

const iso = (ms: number) => new Date(ms).toISOString();
