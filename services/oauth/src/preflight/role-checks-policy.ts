import type { DataServerRole } from '@wxcc-wfo/contracts';
import { isRoleNeeded } from '../health/role-health-policy.ts';
import { type Check, fail, pass, unknown } from './judgement-policy.ts';

/** The guide’s “Configure a Data Server” as checks: somebody works for the ACD in every role that it needs. */

const ROLE_TITLES: Record<DataServerRole, string> = {
  sync: 'synchronizes users, teams and queues',
  capture: 'captures contacts',
  realTimeEvents: 'reads real-time events',
  mediaImport: 'imports recordings',
};

const NOT_NEEDED: Partial<Record<DataServerRole, string>> = {
  realTimeEvents: 'RTE messaging is off.',
  mediaImport: 'Quality Management is off.',
};

/** One check for each role. */
export const ROLE_CHECKS: readonly Check[] = (Object.keys(ROLE_TITLES) as DataServerRole[]).map(
  (role): Check => ({
    id: `data-server-${role.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    title: `A data server ${ROLE_TITLES[role]}`,
    guideSection: 'Configure a Data Server',
    judge({ roles, unservedRoles, acd }) {
      const served = roles[role];
      if (!isRoleNeeded(role, acd)) return pass(`Not needed: ${NOT_NEEDED[role]}`);
      const unserved = unservedRoles[role];
      if (unserved) return fail(unserved.reason, unserved.remedy);
      if (!served) {
        return fail('The role is switched off for this ACD.', 'Assign the ACD to a data server that serves the role.');
      }
      const { dataServer, workers } = served;
      if (workers === null) return unknown('Redis is away: who works is not known.', 'Run the preflight again.');
      if (workers === 0) {
        return fail(
          `The data server “${dataServer}” serves it, but no process of it lives.`,
          `Start a worker with DATA_SERVER=${dataServer}, or assign the ACD to another data server.`,
        );
      }
      return pass(`The data server “${dataServer}” serves it with ${workers} process${workers === 1 ? '' : 'es'}.`);
    },
  }),
);
