import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from '../gateway/errors.ts';
import { READ_SCOPES } from '../gateway/gateway.ts';
import type { Tenant } from '../tenant.ts';
import { type ConfigRecord, createRecords, type Resource, resources } from './records.ts';
import { filterRecords } from './rsql.ts';

const MAX_PAGE_SIZE = 100;

interface ListQuery {
  page?: string;
  pageSize?: string;
  filter?: string;
  attributes?: string;
  search?: string;
  singleObjectResponse?: string;
}

/** Users, teams, queues, sites, entry points and codes: v1 lists are bare arrays, v2 ones carry meta. */
export function configRoutes(app: FastifyInstance, tenant: Tenant): void {
  const records = createRecords(tenant.story.directory, tenant.options);
  const route = { config: { kind: 'config', errors: 'config', scopes: READ_SCOPES } } as const;
  const idOf = (request: FastifyRequest): string => (request.params as { id: string }).id;

  app.get('/organization/:orgid/user/with-user-profile', route, async () => records.user);
  for (const version of ['', '/v2']) {
    app.get(`/organization/:orgid${version}/user/by-ci-user-id/:id`, route, async (request) =>
      one(
        records.user.find((user) => user.ciUserId === idOf(request)),
        idOf(request),
      ),
    );
  }
  for (const resource of resources) {
    for (const version of [1, 2, 3] as const) {
      if (version === 3 && resource !== 'contact-service-queue') continue;
      const path = `/organization/:orgid${version === 1 ? '' : `/v${version}`}/${resource}`;
      app.get<{ Querystring: ListQuery }>(path, route, async (request) =>
        list(records[resource], version, request, tenant),
      );
      app.get(`${path}/:id`, route, async (request) => one(find(records, resource, idOf(request)), idOf(request)));
    }
  }
}

function find(records: Record<Resource, ConfigRecord[]>, resource: Resource, id: string): ConfigRecord | undefined {
  return records[resource].find((record) => record.id === id);
}

function one(record: ConfigRecord | undefined, id: string): ConfigRecord {
  if (record === undefined) throw new ApiError(404, `No record with id ${id}.`);
  return record;
}

function list(
  records: ConfigRecord[],
  version: 1 | 2 | 3,
  request: FastifyRequest<{ Querystring: ListQuery }>,
  tenant: Tenant,
): unknown {
  const query = request.query;
  const page = wholeNumber(query.page, 'page', 0);
  // A page size above the maximum is cut without a word, as the tenant does.
  const pageSize = Math.min(MAX_PAGE_SIZE, Math.max(1, wholeNumber(query.pageSize, 'pageSize', MAX_PAGE_SIZE)));
  const found = filterRecords(records, query.filter, version === 1).filter((record) => contains(record, query.search));
  const wanted = found.slice(page * pageSize, (page + 1) * pageSize);
  const whole = query.singleObjectResponse === 'true' && found.length === 1;
  const data = wanted.map((record) => shape(record, whole, query.attributes));
  if (version === 1) return data;
  const totalPages = Math.ceil(found.length / pageSize);
  const path = request.url.split('?')[0]!;
  const link = (target: number): string => `${path}?page=${target}&pageSize=${pageSize}`;
  const links = {
    self: link(page),
    first: link(0),
    last: link(Math.max(0, totalPages - 1)),
    ...(page + 1 < totalPages ? { next: link(page + 1) } : {}),
    ...(page > 0 ? { prev: link(page - 1) } : {}),
  };
  return { meta: { orgid: tenant.options.orgId, page, pageSize, totalPages, totalRecords: found.length, links }, data };
}

/** List answers leave out array fields, unless the one record that is left is asked for whole. */
function shape(record: ConfigRecord, whole: boolean, attributes: string | undefined): Record<string, unknown> {
  const names = attributes?.split(',').map((name) => name.trim());
  const entries = Object.entries(record).filter(
    ([name, value]) => (whole || !Array.isArray(value)) && (names === undefined || names.includes(name)),
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
