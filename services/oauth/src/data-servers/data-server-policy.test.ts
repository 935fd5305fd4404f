import { describe, expect, it } from '@jest/globals';
import { type Assignments, byRole, type DataServer, flagsOfRole, resolveDataServers } from './data-server-policy.ts';

const aServer = (name: string, off: string[] = []): DataServer => ({
  dataServerId: `id of ${name}`,
  name,
  description: '',
  enabled: byRole((role) => !off.includes(role)),
  revision: 1,
  createdAtMs: null,
  changedAtMs: null,
});
const everywhere = (name: string | null) => byRole(() => name);

describe('ACD-04 who works for an ACD', () => {
  it.each<[string, DataServer[], Assignments, Record<string, string | null>]>([
    ['the default one, where nobody assigned it', [aServer('default'), aServer('A')], {}, everywhere('default')],
    [
      'the assigned one in its role, the default one in the others',
      [aServer('default'), aServer('A')],
      { capture: 'id of A' },
      { ...everywhere('default'), capture: 'A' },
    ],
    [
      'another one per role',
      [aServer('default'), aServer('A'), aServer('B')],
      { sync: 'id of A', capture: 'id of B', realTimeEvents: 'id of A', mediaImport: 'id of B' },
      { sync: 'A', capture: 'B', realTimeEvents: 'A', mediaImport: 'B' },
    ],
    [
      'nobody where the role is switched off on the assigned one, although the default one has it on',
      [aServer('default'), aServer('A', ['capture'])],
      { capture: 'id of A', mediaImport: 'id of A' },
      { sync: 'default', capture: null, realTimeEvents: 'default', mediaImport: 'A' },
    ],
    [
      'nobody where the role is switched off on the default one and nobody assigned it',
      [aServer('default', ['mediaImport']), aServer('A')],
      { sync: 'id of A' },
      { sync: 'A', capture: 'default', realTimeEvents: 'default', mediaImport: null },
    ],
  ])('is %s', (_, servers, assigned, serving) => expect(resolveDataServers(servers, assigned)).toEqual(serving));
});

describe('ACD-04 a role that nobody serves is flagged', () => {
  const flags = (changes: Partial<Parameters<typeof flagsOfRole>[0]>) =>
    flagsOfRole({ role: 'capture', dataServer: 'Frankfurt', enabled: true, acds: 2, liveWorkers: 1, ...changes });

  it.each([
    ['a worker lives', {}],
    ['it is unknown whether a worker lives', { liveWorkers: null }],
    ['there is nobody to serve', { liveWorkers: 0, acds: 0 }],
    ['it is switched off and there is nobody to serve', { enabled: false, acds: 0 }],
  ])('not where %s', (_, changes) => expect(flags(changes)).toEqual([]));

  it('where it is switched off, whoever lives', () => {
    expect(flags({ enabled: false, acds: 1 })).toEqual([
      {
        code: 'nobody-serves',
        reason: 'The role capture is switched off on the data server Frankfurt; 1 ACD waits.',
        remedy: 'Switch it on with PATCH /v1/data-servers/{id}, or assign them to another data server.',
      },
    ]);
  });

  it.each([
    ['sync', 'Start the service sync with DATA_SERVER=Frankfurt'],
    ['capture', 'Start the service capture with DATA_SERVER=Frankfurt'],
    ['realTimeEvents', 'No service of this release works in this role'],
    ['mediaImport', 'Start the service media-import with DATA_SERVER=Frankfurt'],
  ] as const)('where no worker lives for %s, with what to start', (role, remedy) => {
    expect(flags({ role, liveWorkers: 0 })).toMatchObject([
      { reason: expect.stringContaining('2 ACDs wait'), remedy: expect.stringContaining(remedy) },
    ]);
  });
});
