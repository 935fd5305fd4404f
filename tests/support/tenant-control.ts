import type { FaultRequest, TaskGroundTruth } from '@wxcc-wfo/simulator';

/** Steers the simulated tenant. */
export interface TenantControl {
  /** Calls its control API; throws what it answers beside 2xx. */
  control<T = unknown>(method: string, path: string, body?: unknown): Promise<T>;
  fault(fault: FaultRequest): Promise<void>;
  /** What it knows of all calls that have ended. */
  groundTruth(): Promise<TaskGroundTruth[]>;
}

export function tenantControl(controlUrl: string): TenantControl {
  async function control<T>(method: string, path: string, body?: unknown): Promise<T> {
    const answer = await fetch(controlUrl + path, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} of the simulated tenant answered ${answer.status}: ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
  return {
    control,
    fault: (fault) => control('POST', '/control/faults', fault),
    async groundTruth() {
      const { tasks } = await control<{ tasks: TaskGroundTruth[] }>('GET', '/control/ground-truth');
      return tasks.filter((task) => task.ended);
    },
  };
}
