import { instantOf, listAt, objectAt, requiredText, textOf, textsOf } from '../http/fields.ts';
import type { Transport } from '../http/transport.ts';
import { WebexError } from '../http/webex-error.ts';
import type { CallOptions, NewSubscription, SubscriptionChange, WebexClient, WebexSubscription } from '../port.ts';

export type SubscriptionsClient = Pick<
  WebexClient,
  'listSubscriptions' | 'createSubscription' | 'updateSubscription' | 'deleteSubscription'
>;

/** Version 2 subscriptions; those of version 1 are neither listed nor touched. */
export function createSubscriptionsClient(deps: {
  transport: Transport;
  apiUrl: string;
  orgId: string;
}): SubscriptionsClient {
  const base = `${deps.apiUrl}/v2/subscriptions`;
  const org = `orgId=${encodeURIComponent(deps.orgId)}`;

  return {
    async listSubscriptions(options: CallOptions = {}) {
      const answer = await deps.transport.call({
        what: 'Listing subscriptions',
        operation: 'subscriptions.list',
        method: 'GET',
        url: `${base}?${org}`,
        signal: options.signal,
      });
      const records = listAt(Array.isArray(answer) ? answer : objectAt(answer, 'answer').data, 'data');
      return records.map((record, index) => decodeSubscription(record, `data[${index}]`));
    },

    async createSubscription(subscription: NewSubscription, options: CallOptions = {}) {
      const answer = await deps.transport.call({
        what: 'Creating a subscription',
        operation: 'subscriptions.create',
        method: 'POST',
        url: base,
        json: { ...subscription, orgId: deps.orgId },
        // After a time-out it may exist: list before creating it again.
        retries: 'unprocessed',
        secrets: [subscription.secret],
        signal: options.signal,
      });
      return decodeSubscription(objectAt(answer, 'answer').data, 'data');
    },

    async updateSubscription(id: string, change: SubscriptionChange, options: CallOptions = {}) {
      const answer = await deps.transport.call({
        what: 'Changing a subscription',
        operation: 'subscriptions.update',
        method: 'PATCH',
        url: `${base}/${encodeURIComponent(id)}`,
        json: { ...change, orgId: deps.orgId },
        secrets: change.secret ? [change.secret] : [],
        signal: options.signal,
      });
      return decodeSubscription(objectAt(answer, 'answer').data, 'data');
    },

    async deleteSubscription(id: string, options: CallOptions = {}) {
      try {
        await deps.transport.call({
          what: 'Deleting a subscription',
          operation: 'subscriptions.delete',
          method: 'DELETE',
          url: `${base}/${encodeURIComponent(id)}?${org}`,
          signal: options.signal,
        });
      } catch (error) {
        if (!(error instanceof WebexError) || error.kind !== 'not-found') throw error;
      }
    },
  };
}

export function decodeSubscription(record: unknown, path: string): WebexSubscription {
  const fields = objectAt(record, path);
  return {
    subscriptionId: requiredText(fields, 'id', path),
    name: textOf(fields, 'name', path) ?? '',
    eventTypes: textsOf(fields, 'eventTypes', path),
    destinationUrl: textOf(fields, 'destinationUrl', path) ?? '',
    status: textOf(fields, 'status', path) ?? '',
    resourceVersion: textOf(fields, 'resourceVersion', path),
    createdAtMs: instantOf(fields, 'createdTime', path),
    updatedAtMs: instantOf(fields, 'lastUpdatedTime', path),
  };
}
