import type { QueueChanged, TeamChanged, UserChanged } from '../events/directory.ts';
import { changed, type GoldenExamples } from './golden-example.ts';
import { ACD, NINE_OCLOCK_MS, TENANT } from './ids.ts';

const DEFAULT_TEAM = 'd1000000-0000-5000-8000-00000000000a';
const SALES_TEAM = 'd2000000-0000-5000-8000-00000000000b';
const AGENT_ROLE = 'e1000000-0000-5000-8000-00000000000c';

const user: UserChanged = {
  tenantId: TENANT,
  acdId: ACD,
  userId: 'f1000000-0000-5000-8000-00000000000d',
  revision: 1,
  occurredAtMs: NINE_OCLOCK_MS,
  acdUserId: '93912f11-6017-404b-bf14-000000000021',
  webexUserId: '93912f11-6017-404b-bf14-000000000021',
  identityId: '1d21e231-1234-4578-9a83-000000000022',
  otherAcdIds: [],
  firstName: 'Ada',
  lastName: 'Example',
  email: 'ada@contoso.example',
  active: true,
  acdState: 'active',
  contactCenterEnabled: true,
  teamId: DEFAULT_TEAM,
  roles: [{ roleId: AGENT_ROLE, name: 'Agent' }],
  permissions: ['capture-contacts'],
  windowsLogin: null,
  companyStartDate: '2026-03-02',
  departmentStartDate: '2026-03-02',
  mergedIntoUserId: null,
};

export const USER_EXAMPLES: GoldenExamples = {
  valid: [
    { name: 'a new user', payload: user },
    {
      name: 'a user of 1.0, known under two ids, who was deleted there',
      payload: {
        ...user,
        revision: 7,
        acdUserId: '4711',
        otherAcdIds: [{ acdUserId: '815', webexUserId: '93912f11-6017-404b-bf14-000000000023', identityId: null }],
        active: false,
        acdState: 'deleted',
        windowsLogin: 'CONTOSO\\ada',
        teamId: SALES_TEAM,
      },
    },
    { name: 'a field of a later release', payload: { ...user, somethingNew: { a: 1 } } },
  ],
  invalid: [
    { name: 'no team', payload: changed(user, 'teamId', undefined), problem: 'teamId: is missing' },
    {
      name: 'a start date with a time',
      payload: changed(user, 'companyStartDate', '2026-03-02T00:00:00Z'),
      problem: 'companyStartDate: must match pattern',
    },
    { name: 'a state of teams', payload: changed(user, 'acdState', 'inactive'), problem: 'acdState: must be' },
    { name: 'no revision', payload: changed(user, 'revision', 0), problem: 'revision: must be >= 1' },
  ],
};

const team: TeamChanged = {
  tenantId: TENANT,
  acdId: ACD,
  teamId: SALES_TEAM,
  revision: 2,
  occurredAtMs: NINE_OCLOCK_MS,
  name: 'Sales Europe',
  source: 'acd',
  acdTeamId: '6d3a9f00-6017-404b-bf14-000000000031',
  type: 'capacity',
  acdState: 'active',
  isDefault: false,
  deleted: false,
  mergedIntoTeamId: null,
};

export const TEAM_EXAMPLES: GoldenExamples = {
  valid: [
    { name: 'a renamed team of the ACD', payload: team },
    {
      name: 'the default team, created here',
      payload: {
        ...team,
        teamId: DEFAULT_TEAM,
        name: 'Default team',
        source: 'wfo',
        acdTeamId: null,
        type: null,
        acdState: null,
        isDefault: true,
      },
    },
  ],
  invalid: [
    { name: 'nobody’s team', payload: changed(team, 'source', 'both'), problem: 'source: must be' },
    { name: 'no name', payload: changed(team, 'name', undefined), problem: 'name: is missing' },
  ],
};

const queue: QueueChanged = {
  tenantId: TENANT,
  acdId: ACD,
  queueId: 'a9000000-0000-5000-8000-00000000000e',
  revision: 1,
  occurredAtMs: NINE_OCLOCK_MS,
  acdQueueId: '7c1b0e00-6017-404b-bf14-000000000041',
  name: 'Orders',
  channel: 'voice',
  channelType: 'TELEPHONY',
  direction: 'inbound',
  serviceLevelThresholdSeconds: 20,
  acdState: 'active',
};

export const QUEUE_EXAMPLES: GoldenExamples = {
  valid: [
    { name: 'a new queue', payload: queue },
    { name: 'a queue that went away', payload: { ...queue, revision: 3, acdState: 'deleted' } },
  ],
  invalid: [
    { name: 'a channel of nobody', payload: changed(queue, 'channel', 'fax'), problem: 'channel: must be' },
    {
      name: 'a threshold below zero',
      payload: changed(queue, 'serviceLevelThresholdSeconds', -1),
      problem: 'serviceLevelThresholdSeconds: must be',
    },
  ],
};
