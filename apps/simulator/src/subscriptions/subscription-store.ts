import { randomUUID } from 'node:crypto';
import { ApiError } from '../gateway/errors.ts';
import { eventTypesByVersion } from './event-types.ts';

/** What a client sees of a subscription; the secret stays inside. */
export interface SubscriptionView {
  id: string;
  name: string;
  description?: string;
  eventTypes: string[];
  destinationUrl: string;
  createdTime: number;
  createdBy: string;
  status: 'active' | 'inactive';
  lastUpdatedTime: number;
  lastUpdatedBy: string;
  resourceVersion?: string;
}

export interface Subscription {
  version: 1 | 2;
  view: SubscriptionView;
  secret: string | undefined;
  failuresInRow: number;
}

export interface SubscriptionRequest {
  name?: unknown;
  description?: unknown;
  eventTypes?: unknown;
  destinationUrl?: unknown;
  secret?: unknown;
  orgId?: unknown;
  resourceVersion?: unknown;
  status?: unknown;
}

export interface SubscriptionStore {
  create(version: 1 | 2, request: SubscriptionRequest, by: string): Subscription;
  update(version: 1 | 2, id: string, request: SubscriptionRequest, by: string): Subscription;
  get(version: 1 | 2, id: string): Subscription;
  delete(version: 1 | 2, id: string): void;
  list(version?: 1 | 2): Subscription[];
}

export function createSubscriptionStore(limit: number, now: () => number): SubscriptionStore {
  const subscriptions = new Map<string, Subscription>();
  const get = (version: 1 | 2, id: string): Subscription => {
    const known = subscriptions.get(id);
    if (known === undefined || known.version !== version) throw new ApiError(404, `Subscription ${id} was not found.`);
    return known;
  };
  return {
    create(version, request, by) {
      const name = checkText(request.name, 'name', 4, 64);
      const wanted = checkContent(version, request);
      if (subscriptions.size >= limit)
        throw new ApiError(403, `The organization may not have more than ${limit} subscriptions.`);
      const nowMs = now();
      const { secret, ...content } = wanted;
      const view = {
        id: randomUUID(),
        name,
        ...content,
        createdTime: nowMs,
        createdBy: by,
        status: 'active' as const,
        lastUpdatedTime: nowMs,
        lastUpdatedBy: by,
      };
      const subscription: Subscription = { version, secret, failuresInRow: 0, view };
      subscriptions.set(view.id, subscription);
      return subscription;
    },
    update(version, id, request, by) {
      const known = get(version, id);
      if (request.name !== undefined && request.name !== known.view.name)
        throw new ApiError(400, 'name can not be changed.');
      const { view } = known;
      const merged = {
        eventTypes: view.eventTypes,
        destinationUrl: view.destinationUrl,
        description: view.description,
        ...request,
      };
      const { secret, ...content } = checkContent(version, merged);
      if (secret !== undefined) known.secret = secret;
      const status = request.status === 'inactive' ? 'inactive' : request.status === 'active' ? 'active' : view.status;
      if (status === 'active') known.failuresInRow = 0;
      known.view = { ...view, ...content, status, lastUpdatedTime: now(), lastUpdatedBy: by };
      return known;
    },
    get,
    delete(version, id) {
      get(version, id);
      subscriptions.delete(id);
    },
    list: (version) => [...subscriptions.values()].filter((one) => version === undefined || one.version === version),
  };
}

function checkContent(
  version: 1 | 2,
  request: SubscriptionRequest,
): {
  eventTypes: string[];
  destinationUrl: string;
  secret: string | undefined;
  description?: string;
  resourceVersion?: string;
} {
  const resourceVersion = version === 2 ? checkVersion(request.resourceVersion) : undefined;
  const description =
    request.description === undefined ? undefined : checkText(request.description, 'description', 0, 1_024);
  return {
    eventTypes: checkEventTypes(request.eventTypes, resourceVersion),
    destinationUrl: checkDestination(request.destinationUrl),
    secret: request.secret === undefined ? undefined : checkText(request.secret, 'secret', 32, 256),
    ...(description === undefined ? {} : { description }),
    ...(resourceVersion === undefined ? {} : { resourceVersion }),
  };
}

function checkText(value: unknown, field: string, min: number, max: number): string {
  if (typeof value !== 'string' || value.length < min || value.length > max) {
    throw new ApiError(400, `${field} must be a text of ${min} to ${max} characters.`);
  }
  return value;
}

function checkVersion(value: unknown): string {
  if (typeof value !== 'string' || !(value in eventTypesByVersion)) {
    throw new ApiError(
      400,
      `resourceVersion is required and must be one of ${Object.keys(eventTypesByVersion).join(', ')}.`,
    );
  }
  return value;
}

function checkEventTypes(value: unknown, resourceVersion: string | undefined): string[] {
  const known =
    resourceVersion === undefined ? Object.values(eventTypesByVersion).flat() : eventTypesByVersion[resourceVersion]!;
  if (!Array.isArray(value) || value.length < 1 || value.length > 32)
    throw new ApiError(400, 'eventTypes must have 1 to 32 entries.');
  for (const type of value) {
    if (!known.includes(type)) throw new ApiError(400, `eventTypes has "${String(type)}", which is not offered here.`);
  }
  return value as string[];
}

function checkDestination(value: unknown): string {
  const refuse = (why: string): never => {
    throw new ApiError(400, `destinationUrl ${why}.`);
  };
  if (typeof value !== 'string' || !URL.canParse(value)) return refuse('must be a URL');
  const url = new URL(value);
  if (url.protocol !== 'https:') return refuse('must use https');
  if (url.port !== '') return refuse('must use port 443');
  if (url.pathname === '/' && !value.endsWith('/')) return refuse('must have a path');
  if (url.search !== '' || url.hash !== '') return refuse('must not have a query or a fragment');
  if (url.username !== '' || url.password !== '') return refuse('must not have user information');
  if (!/\.[a-z]{2,}$/i.test(url.hostname)) return refuse('must have a host under a public top-level domain');
  return value;
}
