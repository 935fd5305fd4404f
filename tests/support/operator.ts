import { waitFor } from '@wxcc-wfo/testkit';
import type { ServiceName } from '../../scripts/stack/services.ts';
import { ask } from './ask.ts';
import type { Bridge } from './bridge.ts';

/** Real processes on a machine that others use, too: what is waited for comes, but not always soon. */
export const PATIENCE = { timeoutMs: 60_000, intervalMs: 50 };

/** Somebody with an API key, who calls the replicas of a service in turn. Answers beside 2xx throw their problem. */
export interface Operator {
  // biome-ignore lint/suspicious/noExplicitAny: tests match the body, whatever it is
  get(service: ServiceName, path: string): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  post(service: ServiceName, path: string, body?: object): Promise<any>;
  /** Reads the version that is there, and changes that. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  change(method: 'PUT' | 'PATCH' | 'DELETE', service: ServiceName, path: string, body?: object): Promise<any>;
  /** The answer as it is, refusals included. */
  ask(service: ServiceName, path: string, o?: { method?: string; body?: object }): ReturnType<typeof ask>;
  /** Asks for a run of the sync and waits until it is over, or waits for approval. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  sync(acdId: string, body?: object): Promise<any>;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  settled(runId: string): Promise<any>;
}

const AT_REST = ['done', 'failed', 'rejected', 'stopped', 'awaiting-approval'];

export function operatorOf(bridge: Bridge, key: string): Operator {
  let turn = 0;
  /** Dead replicas are not called: an operator's proxy knows them. */
  const urlOf = (service: ServiceName): string => {
    const living = bridge.stack.services.filter((one) => one.service === service && one.pid() !== undefined);
    return living[turn++ % living.length]!.url;
  };
  const send: Operator['ask'] = (service, path, { method, body } = {}) =>
    ask(`${urlOf(service)}${path}`, {
      key,
      ...(method === undefined ? {} : { method }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const good = async (method: string, service: ServiceName, path: string, body?: object) => {
    const answer = await send(service, path, { method, ...(body === undefined ? {} : { body }) });
    if (answer.status < 300) return answer.body;
    throw new Error(`${method} ${path} of ${service} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  };
  const operator: Operator = {
    ask: send,
    get: (service, path) => good('GET', service, path),
    post: (service, path, body = {}) => good('POST', service, path, body),
    async change(method, service, path, body) {
      const url = `${urlOf(service)}${path}`;
      const authorization = `Bearer ${key}`;
      const etag = (await fetch(url, { headers: { authorization } })).headers.get('etag');
      const headers = { 'if-match': etag ?? '' };
      const answer = await ask(url, { key, method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
      if (answer.status < 300) return answer.body;
      throw new Error(`${method} ${path} of ${service} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    },
    settled: (runId) =>
      waitFor(
        `run ${runId} to come to rest`,
        async () => {
          const run = await operator.get('sync', `/v1/sync-runs/${runId}`);
          return AT_REST.includes(run.state) ? run : undefined;
        },
        PATIENCE,
      ),
    async sync(acdId, body = {}) {
      const run = await operator.post('sync', `/v1/acds/${acdId}/sync-runs`, body);
      return await operator.settled(run.runId);
    },
  };
  return operator;
}
