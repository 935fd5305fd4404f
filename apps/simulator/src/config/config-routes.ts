import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../gateway/errors.ts';
import { READ_SCOPES } from '../gateway/gateway.ts';
import type { Tenant } from '../tenant.ts';
import { shiftDirectory, strikePage } from './directory-faults.ts';
import type { RecordTable } from './record-table.ts';
import { type ConfigRecord, type Resource, resources } from './records.ts';
import { type RecordFilter, readFilter } from './rsql.ts';

const MAX_PAGE_SIZE = 100;

interface ListQuery {
  page?: string;
  pageSize?: string;
  filter?: string;
  attributes?: string;
  search?: string;
  singleObjectResponse?: string;
}

interface UserQuery {
  includeUserProfile?: string;
  includeUserProfileType?: string;
}

/** Users, teams, queues, sites, entry points and codes: v1 lists are bare arrays, v2 ones carry meta. */
export function configRoutes(app: FastifyInstance, tenant: Tenant): void {
  const { directory } = tenant;
  const route = { config: { kind: 'config', errors: 'config', scopes: READ_SCOPES } } as const;
  const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

  app.get('/organization/:orgid/user/with-user-profile', route, async () =>
    [...directory.table('user').all()].map((user) => userById(user, { includeUserProfile: 'true' })),
  );
  for (const version of ['', '/v2']) {
    app.get<{ Querystring: UserQuery }>(
      `/organization/:orgid${version}/user/by-ci-user-id/:id`,
      route,
      async (request) => {
        const id = idOf(request);
        return userById(
          one(
            first(directory.table('user'), (user) => user.ciUserId === id),
            id,
          ),
          request.query,
        );
      },
    );
  }
  for (const resource of resources) {
    for (const version of [1, 2, 3] as const) {
      if (version === 3 && resource !== 'contact-service-queue') continue;
      const path = `/organization/:orgid${version === 1 ? '' : `/v${version}`}/${resource}`;
      app.get<{ Querystring: ListQuery }>(path, route, async (request) => list(resource, version, request, tenant));
      app.get<{ Querystring: UserQuery }>(`${path}/:id`, route, async (request) => {
        const record = one(directory.table(resource).find(idOf(request)), idOf(request));
        if (resource === 'user') return userById(record, request.query);
        return resource === 'team' ? directory.withMembers(record) : record;
      });
    }
  }
}

function first(table: RecordTable, matches: (record: ConfigRecord) => boolean): ConfigRecord | undefined {
  for (const record of table.all()) if (matches(record)) return record;
  return undefined;
}

function one(record: ConfigRecord | undefined, id: string): ConfigRecord {
  if (record === undefined) throw new ApiError(404, `No record with id ${id}.`);
  return record;
}

/** The type of the profile, and the profile, come only where they are asked for. */
function userById(user: ConfigRecord, query: UserQuery): Record<string, unknown> {
  const { userProfileType, ...rest } = user;
  const all = 'ALL';
  return {
    ...rest,
    ...(query.includeUserProfileType === 'true' ? { userProfileType } : {}),
    ...(query.includeUserProfile === 'true'
      ? {
          userProfileData: {
            id: user.userProfileId,
            name: `${String(userProfileType).toLowerCase().replaceAll('_', ' ')} profile`,
            profileType: userProfileType,
            active: true,
            accessAllModules: all,
            accessAllEntryPoints: all,
            accessAllSites: all,
            accessAllQueues: all,
            accessAllTeams: all,
          },
        }
      : {}),
  };
}

function list(
  resource: Resource,
  version: 1 | 2 | 3,
  request: FastifyRequest<{ Querystring: ListQuery }>,
  { directory, faults, options }: Tenant,
): unknown {
  const { query } = request;
  const page = wholeNumber(query.page, 'page', 0);
  // A page size above the maximum is cut without a word, as the tenant does.
  const pageSize = Math.min(MAX_PAGE_SIZE, Math.max(1, wholeNumber(query.pageSize, 'pageSize', MAX_PAGE_SIZE)));
  shiftDirectory(faults, directory, resource, page);
  const filter = readFilter(query.filter, version === 1, directory.teamIdsOf);
  const found = select(directory.table(resource), filter, query);
  const totalRecords = found.size;
  const cut = strikePage(faults, resource, {
    page,
    pageSize,
    totalPages: Math.ceil(totalRecords / pageSize),
    totalRecords,
    from: Math.min(page * pageSize, totalRecords),
    to: Math.min((page + 1) * pageSize, totalRecords),
  });
  const isWhole = query.singleObjectResponse === 'true' && totalRecords === 1;
  const data = found
    .slice(cut.from, cut.to)
    .map((record) => (isWhole && resource === 'team' ? directory.withMembers(record) : record))
    .map((record) => shape(record, isWhole, query.attributes));
  if (version === 1) return data;
  const { totalPages } = cut;
  const path = request.url.split('?')[0]!;
  const link = (target: number): string => `${path}?page=${target}&pageSize=${pageSize}`;
  const links = {
    self: link(page),
    first: link(0),
    last: link(Math.max(0, totalPages - 1)),
    ...(page + 1 < totalPages ? { next: link(page + 1) } : {}),
    ...(page > 0 ? { prev: link(page - 1) } : {}),
  };
  return { meta: { orgid: options.orgId, page, pageSize, totalPages, totalRecords: cut.totalRecords, links }, data };
}

/** What a question finds. Without filter and search only the page that is wanted is made. */
function select(
  table: RecordTable,
  filter: RecordFilter,
  query: ListQuery,
): { size: number; slice(from: number, to: number): ConfigRecord[] } {
  if (!query.filter && !query.search) return { size: table.size(), slice: table.slice };
  const candidates = filter.ids ? filter.ids.flatMap((id) => table.find(id) ?? []) : table.all();
  const found: ConfigRecord[] = [];
  for (const record of candidates) {
    if (filter.matches(record) && contains(record, query.search)) found.push(record);
  }
  return { size: found.length, slice: (from, to) => found.slice(from, to) };
}

/** List answers leave out array fields, unless the one record that is left is asked for whole. */
function shape(record: ConfigRecord, whole: boolean, attributes: string | undefined): Record<string, unknown> {
  const names = attributes?.split(',').map((name) => name.trim());
  const entries = Object.entries(record).filter(
    ([name, value]) =>
      (whole || !Array.isArray(value)) && name !== 'userProfileType' && (names === undefined || names.includes(name)),
  );
  return Object.fromEntries(entries);
}

function contains(record: ConfigRecord, search: string | undefined): boolean {
  if (search === undefined || search === '') return true;
  const wanted = search.toLowerCase();
  return ['name', 'firstName', 'lastName', 'email'].some((name) =>
    String(record[name] ?? '')
      .toLowerCase()
      .includes(wanted),
  );
}

function wholeNumber(text: string | undefined, field: string, fallback: number): number {
  if (text === undefined) return fallback;
  if (!/^\d+$/.test(text)) throw new ApiError(400, `${field} must be a whole number from 0.`);
  return Number(text);
}
