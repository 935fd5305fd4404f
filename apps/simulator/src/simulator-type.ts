import type { TaskGroundTruth } from './ground-truth/types.ts';
import type { Story } from './story/story.ts';
import type { ScriptedTask } from './story/task-factory.ts';
import type { TaskChanges } from './story/task-model.ts';
import type { Delivery } from './subscriptions/webhook-sender.ts';
import type { Tenant } from './tenant.ts';

/** A running simulated tenant. */
export interface Simulator {
  /** OAuth, API and file store, all under one address. */
  baseUrl: string;
  /** Where tests steer it; loopback only. */
  controlUrl: string;
  story: Story;
  tenant: Tenant;
  groundTruth(): TaskGroundTruth[];
  /** Adds a scripted call; without times it has just ended. */
  addTask(task: ScriptedTask): TaskGroundTruth;
  /** Ends so many more seeded tasks right now and gives their ids. */
  endTasks(count: number): string[];
  /** Changes what Search says of a task after its end. */
  changeTask(id: string, changes: TaskChanges & { addActivity?: string }): TaskGroundTruth;
  deliveries(): readonly Delivery[];
  close(): Promise<void>;
}
