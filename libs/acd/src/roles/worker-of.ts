import { type AcdChanged, type DataServerRole, dataServerOf } from '@wxcc-wfo/contracts';

/** What a process works as: one role of one data server (ACD-04). */
export interface WorkerOf {
  role: DataServerRole;
  /** Its name, from the variable DATA_SERVER. */
  dataServer: string;
}

/** Whether this worker works for an ACD, as far as its data server goes; authorization and deletion apart. */
export function worksFor(worker: WorkerOf, acd: Pick<AcdChanged, 'dataServers'>): boolean {
  return dataServerOf(acd, worker.role) === worker.dataServer;
}
