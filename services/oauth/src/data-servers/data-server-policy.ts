import { createHash } from 'node:crypto';
import { type AcdChanged, DATA_SERVER_ROLES, type DataServerRole, DEFAULT_DATA_SERVER } from '@wxcc-wfo/contracts';

/** Who works for an ACD in which role (ACD-04; the guide's "Configure a Data Server"). */

export type ByRole<T> = Record<DataServerRole, T>;

/** Name of the data server that works in each role; null: nobody does. */
export type ServingDataServers = NonNullable<AcdChanged['dataServers']>;

export interface DataServer {
  dataServerId: string;
  name: string;
  description: string;
  /** The guide's "Enable Sync", "Enable Capture", "Enable Real-Time Events", "Enable Media Import". */
  enabled: ByRole<boolean>;
  revision: number;
  /** Null: the default one, as nobody has changed it yet. */
  createdAtMs: number | null;
  changedAtMs: number | null;
}

/** What an ACD is assigned to in a role; a role that is left out is the default data server's. */
export type Assignments = Partial<ByRole<string>>;

/** Names a choice: another one has another name, the same choice again has the same. */
export function versionOfChoice(assigned: Assignments): string {
  const chosen = DATA_SERVER_ROLES.map((role) => assigned[role] ?? '').join(' ');
  return createHash('sha256').update(chosen).digest('base64url').slice(0, 16);
}

export function byRole<T>(of: (role: DataServerRole) => T): ByRole<T> {
  return Object.fromEntries(DATA_SERVER_ROLES.map((role) => [role, of(role)])) as ByRole<T>;
}

/** What serves every role of an ACD where nobody assigned or switched off anything. */
export const SERVED_BY_DEFAULT: ServingDataServers = byRole(() => DEFAULT_DATA_SERVER);

/** The default data server before anybody changed it. */
export function untouchedDefault(dataServerId: string): DataServer {
  return {
    dataServerId,
    name: DEFAULT_DATA_SERVER,
    description: 'Serves what nobody assigned.',
    enabled: byRole(() => true),
    revision: 1,
    createdAtMs: null,
    changedAtMs: null,
  };
}

export const isDefault = (server: Pick<DataServer, 'name'>): boolean => server.name === DEFAULT_DATA_SERVER;

/** Names that a person can't tell apart are one name. */
export const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/**
 * Who works for an ACD: the data server that it is assigned to, else the default one, if the role is switched on there.
 * A data server whose role is off hands nothing over to the default one: who switched it off wants no work done.
 * `assigned` holds ids of `servers`, which hold the default one.
 */
export function resolveDataServers(servers: readonly DataServer[], assigned: Assignments): ServingDataServers {
  const fallback = servers.find(isDefault);
  return byRole((role) => {
    const server = servers.find(({ dataServerId }) => dataServerId === assigned[role]) ?? fallback;
    return server?.enabled[role] ? server.name : null;
  });
}

export interface RoleFlag {
  code: 'nobody-serves';
  reason: string;
  remedy: string;
}

/** The service whose workers work in a role; null: none of this release. */
const SERVICES: ByRole<string | null> = {
  sync: 'sync',
  capture: 'capture',
  realTimeEvents: null,
  mediaImport: 'media-import',
};

/**
 * Flags a role that nobody serves though ACDs are to be served (ACD-04): switched off, or no worker lives.
 * `liveWorkers` null: it is not known now, which flags nothing.
 */
export function flagsOfRole(of: {
  role: DataServerRole;
  dataServer: string;
  enabled: boolean;
  acds: number;
  liveWorkers: number | null;
}): RoleFlag[] {
  const { role, dataServer } = of;
  if (of.acds === 0) return [];
  const waiting = of.acds === 1 ? '1 ACD waits' : `${of.acds} ACDs wait`;
  if (!of.enabled) {
    const reason = `The role ${role} is switched off on the data server ${dataServer}; ${waiting}.`;
    const remedy = `Switch it on with PATCH /v1/data-servers/{id}, or assign them to another data server.`;
    return [{ code: 'nobody-serves', reason, remedy }];
  }
  if (of.liveWorkers !== 0) return [];
  const service = SERVICES[role];
  return [
    {
      code: 'nobody-serves',
      reason: `No worker of the data server ${dataServer} lives for the role ${role}; ${waiting}.`,
      remedy: service
        ? `Start the service ${service} with DATA_SERVER=${dataServer}, or assign them to another data server.`
        : 'No service of this release works in this role; switch it off until one does.',
    },
  ];
}
