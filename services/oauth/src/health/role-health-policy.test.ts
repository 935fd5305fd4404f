import { describe, expect, it } from '@jest/globals';
import { type RoleReport, whyNotServed } from '@wxcc-wfo/acd';
import { DATA_SERVER_ROLES } from '@wxcc-wfo/contracts';
import { expectedEveryMs, isRoleNeeded, judgeRole, type RoleFacts } from './role-health-policy.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.parse('2026-01-15T12:00:00Z');

describe('ACD-04 the health of a role', () => {
  const report: RoleReport = {
    dataServer: 'default',
    instance: 'a',
    reportedAtMs: NOW - MINUTE,
    lastSuccessAtMs: NOW - MINUTE,
    nextTryAtMs: NOW + MINUTE,
    problem: null,
    remedy: null,
    problemSinceMs: null,
  };
  const base: RoleFacts = {
    role: 'capture',
    unserved: null,
    dataServer: 'default',
    isNeeded: true,
    isAuthorized: true,
    everyMs: 30 * MINUTE,
    configuredAtMs: NOW - DAY,
    told: { workers: 1, report },
  };
  const told = (changes: Partial<RoleReport> | null, workers = 1) => ({
    told: { workers, report: changes === null ? undefined : { ...report, ...changes } },
  });
  const failing = (sinceMs: number) => told({ problem: 'HTTP 503', problemSinceMs: sinceMs });

  it.each<[string, Partial<RoleFacts>, string]>([
    ['works', {}, 'working'],
    ['is not needed', { isNeeded: false, dataServer: null }, 'not-needed'],
    [
      'ACD-02 nobody captures the variant',
      { unserved: whyNotServed('capture', '1.0-cmsv1'), ...told(null) },
      'not-available red',
    ],
    [
      'ACD-02 nobody imports of the variant',
      { role: 'mediaImport', unserved: whyNotServed('mediaImport', '2.0-cmsv1') },
      'not-available red',
    ],
    [
      'ACD-02 sync says itself what is not published',
      { role: 'sync', unserved: whyNotServed('sync', '1.0-to-2.0-cmsv2') },
      'working',
    ],
    ['is switched off', { dataServer: null }, 'switched-off amber'],
    ['Redis is away', { told: 'unknown' }, 'unknown amber'],
    ['no worker of capture lives', told({}, 0), 'no-worker red'],
    ['no worker of media import lives', { role: 'mediaImport', ...told({}, 0) }, 'no-worker red'],
    ['no worker of sync lives: contacts are made nevertheless', { role: 'sync', ...told({}, 0) }, 'no-worker amber'],
    ['no worker of real-time events lives', { role: 'realTimeEvents', ...told({}, 0) }, 'no-worker amber'],
    ['the connection is not authorized', { isAuthorized: false, ...failing(NOW - DAY) }, 'blocked'],
    ['fails for a moment', failing(NOW - 14 * MINUTE), 'failing amber'],
    ['fails for a quarter of an hour', failing(NOW - 15 * MINUTE), 'failing red'],
    ['succeeded too long ago', told({ lastSuccessAtMs: NOW - 31 * MINUTE, nextTryAtMs: null }), 'late amber'],
    ['captures nothing for long', told({ lastSuccessAtMs: NOW - 45 * MINUTE, nextTryAtMs: null }), 'late red'],
    [
      'synchronizes nothing for long: contacts are made nevertheless',
      { role: 'sync', ...told({ lastSuccessAtMs: NOW - DAY, nextTryAtMs: null }) },
      'late amber',
    ],
    ['has not come to its next try', told({ nextTryAtMs: NOW - 11 * MINUTE }), 'late amber'],
    ['has never succeeded', told(null), 'late amber'],
    ['is new', { configuredAtMs: NOW - 29 * MINUTE, ...told(null) }, 'waiting'],
    ['has nothing to do', { role: 'mediaImport', everyMs: null, ...told(null) }, 'waiting'],
    [
      'had nothing to do for long',
      { role: 'mediaImport', everyMs: null, ...told({ lastSuccessAtMs: NOW - 9 * DAY, nextTryAtMs: null }) },
      'working',
    ],
  ])('%s', (_, changes, expected) => {
    const { state, finding } = judgeRole({ ...base, ...changes }, NOW);
    expect([state, finding?.health].filter(Boolean).join(' ')).toBe(expected);
    if (finding)
      expect([finding.reason, finding.remedy].every((words) => words.endsWith('.') || words.includes('503'))).toBe(
        true,
      );
  });

  it('repeats what the worker says: problem, since when, remedy', () => {
    const { finding } = judgeRole(
      { ...base, ...told({ problem: 'HTTP 403', problemSinceMs: NOW - HOUR, remedy: 'Give the account the scope.' }) },
      NOW,
    );
    expect(finding).toEqual({
      code: 'role-fails',
      health: 'red',
      sinceMs: NOW - HOUR,
      reason: 'capture: HTTP 403',
      remedy: 'Give the account the scope.',
    });
  });

  it('asks of each role what its work is', () => {
    expect(DATA_SERVER_ROLES.map((role) => expectedEveryMs(role, { synchronizationIntervalMinutes: 20 }))).toEqual([
      HOUR,
      30 * MINUTE,
      null,
      null,
    ]);
    const acd = { qualityManagement: { enabled: false, voice: false, digital: false }, rteMessaging: false };
    expect(DATA_SERVER_ROLES.map((role) => isRoleNeeded(role, acd))).toEqual([true, true, false, false]);
  });
});
