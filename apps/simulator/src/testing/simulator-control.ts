import type { DirectorySwitch, OldRecords, Replacement } from '../config/directory-store.ts';
import type { GeneratedSize } from '../config/generated-records.ts';
import type { ConfigRecord } from '../config/records.ts';
import type { DirectoryKind } from '../control/directory-control-routes.ts';
import type { ActiveFault, FaultRequest } from '../faults/fault-board.ts';

/** What may be told of somebody or something that is added or changed; README.md and the API name the fields. */
export type DirectoryFacts = Record<string, unknown>;

export type UserFacts = DirectoryFacts & {
  firstName?: string;
  lastName?: string;
  email?: string;
  active?: boolean;
  contactCenterEnabled?: boolean;
  teamIds?: string[];
  dbId?: string;
};

export interface OauthChange {
  accessTokenSeconds?: number;
  refreshTokenSeconds?: number;
  codeSeconds?: number;
  rotateRefreshTokens?: boolean;
  email?: string;
  orgId?: string;
  /** Scopes that every later grant gets, whatever was asked; null undoes it. */
  scope?: string | null;
}

/** Steers a simulated tenant over its control API; every call throws what the tenant answers beside 2xx. */
export interface SimulatorControl {
  users(): Promise<ConfigRecord[]>;
  teams(): Promise<ConfigRecord[]>;
  queues(): Promise<ConfigRecord[]>;
  /** Any kind, a range of the list order. */
  list(kind: DirectoryKind, from?: number, to?: number): Promise<{ total: number; records: ConfigRecord[] }>;
  sizes(): Promise<Record<DirectoryKind, number>>;

  addUser(facts: UserFacts): Promise<ConfigRecord>;
  renameUser(id: string, name: { firstName?: string; lastName?: string }): Promise<ConfigRecord>;
  changeUser(id: string, facts: UserFacts): Promise<ConfigRecord>;
  setUserActive(id: string, active: boolean): Promise<ConfigRecord>;
  deleteUser(id: string): Promise<ConfigRecord>;
  /** Back under the same id. */
  restoreUser(id: string): Promise<ConfigRecord>;
  /** The same person under a new id and a new Common Identity id. */
  replaceUser(id: string, change?: { old?: OldRecords; patch?: UserFacts }): Promise<Replacement>;
  /** Directory sync is switched on: the same people under new ids, e-mail kept or of another domain. */
  switchDirectory(change?: DirectorySwitch): Promise<{ replaced: number; pairs: Replacement[] }>;

  addTeam(facts: DirectoryFacts): Promise<ConfigRecord>;
  renameTeam(id: string, name: string): Promise<ConfigRecord>;
  setTeamActive(id: string, active: boolean): Promise<ConfigRecord>;
  deleteTeam(id: string): Promise<ConfigRecord>;
  restoreTeam(id: string): Promise<ConfigRecord>;
  replaceTeam(id: string, change?: { old?: OldRecords; patch?: DirectoryFacts }): Promise<Replacement>;

  addQueue(facts: DirectoryFacts): Promise<ConfigRecord>;
  renameQueue(id: string, name: string): Promise<ConfigRecord>;
  changeQueue(id: string, facts: DirectoryFacts): Promise<ConfigRecord>;
  setQueueActive(id: string, active: boolean): Promise<ConfigRecord>;
  deleteQueue(id: string): Promise<ConfigRecord>;
  restoreQueue(id: string): Promise<ConfigRecord>;

  add(kind: DirectoryKind, facts: DirectoryFacts): Promise<ConfigRecord>;
  change(kind: DirectoryKind, id: string, facts: DirectoryFacts): Promise<ConfigRecord>;
  remove(kind: DirectoryKind, id: string): Promise<ConfigRecord>;
  /** This many generated users, teams, queues beside the others; made when they are looked at. */
  generate(size: GeneratedSize): Promise<void>;

  fault(fault: FaultRequest): Promise<ActiveFault>;
  faults(): Promise<ActiveFault[]>;
  /** Switches every fault off and lets held answers go. */
  clearFaults(): Promise<void>;

  oauth(change: OauthChange): Promise<void>;
  refreshCount(): Promise<number>;
  expireAccessTokens(): Promise<void>;
  expireRefreshTokens(): Promise<void>;
  expireCodes(): Promise<void>;
  /** Access and refresh tokens die, as after a password change. */
  revokeTokens(): Promise<void>;

  setQuota(perMinute: number): Promise<void>;
  requests(): Promise<{
    minutes: { clientId: string; asked: number; refused: number; byKind: Record<string, number> }[];
  }>;
  /** Anything else. */
  call<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
}

/** A client of `simulator.controlUrl`, for tests and demos of the services. */
export function createSimulatorControl(controlUrl: string): SimulatorControl {
  async function call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(controlUrl + path, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} of the simulated tenant answered ${answer.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
  const at = (kind: DirectoryKind, id?: string, verb?: string): string =>
    `/control/directory/${kind}${id === undefined ? '' : `/${id}`}${verb === undefined ? '' : `/${verb}`}`;
  const add = (kind: DirectoryKind, facts: DirectoryFacts) => call<ConfigRecord>('POST', at(kind), facts);
  const change = (kind: DirectoryKind, id: string, facts: DirectoryFacts) =>
    call<ConfigRecord>('PATCH', at(kind, id), facts);
  const remove = (kind: DirectoryKind, id: string) => call<ConfigRecord>('DELETE', at(kind, id));
  const restore = (kind: DirectoryKind, id: string) => call<ConfigRecord>('POST', at(kind, id, 'restore'));
  const replace = (kind: DirectoryKind, id: string, how: object) =>
    call<Replacement>('POST', at(kind, id, 'replace'), how);
  const list: SimulatorControl['list'] = (kind, from = 0, to = 1_000) =>
    call('GET', `${at(kind)}?from=${from}&to=${to}`);

  return {
    users: async () => (await list('users')).records,
    teams: async () => (await list('teams')).records,
    queues: async () => (await list('queues')).records,
    list,
    sizes: () => call('GET', '/control/directory'),
    addUser: (facts) => add('users', facts),
    renameUser: (id, name) => change('users', id, name),
    changeUser: (id, facts) => change('users', id, facts),
    setUserActive: (id, active) => change('users', id, { active }),
    deleteUser: (id) => remove('users', id),
    restoreUser: (id) => restore('users', id),
    replaceUser: (id, how = {}) => replace('users', id, how),
    switchDirectory: (how = {}) => call('POST', '/control/directory/switch', how),
    addTeam: (facts) => add('teams', facts),
    renameTeam: (id, name) => change('teams', id, { name }),
    setTeamActive: (id, active) => change('teams', id, { active }),
    deleteTeam: (id) => remove('teams', id),
    restoreTeam: (id) => restore('teams', id),
    replaceTeam: (id, how = {}) => replace('teams', id, how),
    addQueue: (facts) => add('queues', facts),
    renameQueue: (id, name) => change('queues', id, { name }),
    changeQueue: (id, facts) => change('queues', id, facts),
    setQueueActive: (id, active) => change('queues', id, { active }),
    deleteQueue: (id) => remove('queues', id),
    restoreQueue: (id) => restore('queues', id),
    add,
    change,
    remove,
    generate: (size) => call('POST', '/control/directory/generate', size),
    fault: (fault) => call('POST', '/control/faults', fault),
    faults: async () => (await call<{ faults: ActiveFault[] }>('GET', '/control/faults')).faults,
    clearFaults: () => call('DELETE', '/control/faults'),
    oauth: (settings) => call('POST', '/control/oauth', settings),
    refreshCount: async () => (await call<{ refreshes: number }>('GET', '/control/oauth')).refreshes,
    expireAccessTokens: () => call('POST', '/control/oauth/expire-access-tokens'),
    expireRefreshTokens: () => call('POST', '/control/oauth/expire-refresh-tokens'),
    expireCodes: () => call('POST', '/control/oauth/expire-codes'),
    revokeTokens: () => call('POST', '/control/oauth/revoke-all'),
    setQuota: (perMinute) => call('POST', '/control/quota', { perMinute }),
    requests: () => call('GET', '/control/requests'),
    call,
  };
}
