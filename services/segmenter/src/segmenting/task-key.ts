/** Names one task; all locks are taken in the order of its three parts. */
export interface TaskKey {
  tenantId: string;
  acdId: string;
  taskId: string;
}

/** One text per task, for maps. */
export const keyText = ({ tenantId, acdId, taskId }: TaskKey): string => `${tenantId}:${acdId}:${taskId}`;
