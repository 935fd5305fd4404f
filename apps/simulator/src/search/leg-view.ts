import type { SimulatorOptions } from '../options.ts';
import type { TaskModel } from '../story/task-model.ts';
import type { View } from './task-view.ts';

/** One leg per answered agent, simply told: enough for shapes, not for statistics. */
export function viewLegs(task: TaskModel, nowMs: number, settings: Pick<SimulatorOptions, 'searchAgentId'>): View[] {
  const answers = task.rows.filter((row) => row.eventName === 'connected' && !row.consultLeg && row.createdMs <= nowMs);
  return answers.map((row, index) => {
    const { agent } = row;
    const endMs = answers[index - 1]?.createdMs ?? task.endedMs;
    const active = endMs > nowMs;
    return {
      id: `${task.id}-callLeg-${row.createdMs}`,
      taskId: task.id,
      createdTime: row.createdMs,
      endedTime: active ? -1 : endMs,
      lastActivityTime: active ? row.createdMs : endMs,
      isActive: active,
      status: active ? 'connected' : 'ended',
      contactState: active ? null : 'ended',
      handleType: 'normal',
      channelType: task.channelType,
      channelSubType: task.channelSubType,
      origin: task.origin,
      destination: task.destination,
      direction: task.direction,
      isOutdial: task.direction === 'OUTBOUND',
      isChildLeg: false,
      isTaskLegHandled: true,
      isWithinServiceLevel: true,
      connectedDuration: active ? 0 : endMs - row.createdMs,
      connectedCount: 1,
      ringingDuration: 0,
      holdDuration: 0,
      consultDuration: 0,
      consultCount: 0,
      consultSuccessCount: 0,
      queueCount: row.queue === undefined ? 0 : 1,
      selfserviceDuration: 0,
      wrapupDuration: 0,
      queueDuration: 0,
      queue: { id: row.queue?.id ?? null, name: row.queue?.name ?? null, duration: 0 },
      entryPoint: { id: task.entryPoint.id, name: task.entryPoint.name },
      owner: { id: agent?.[settings.searchAgentId] ?? null, name: agent?.name ?? null, signInId: agent?.email ?? null },
      team: { id: agent?.team.id ?? null, name: agent?.team.name ?? null },
      site: { id: agent?.team.site.id ?? null, name: agent?.team.site.name ?? null },
      customer: { name: task.customerName, phoneNumber: task.origin, email: null },
      nextDestination: {
        agent: { id: null, name: null },
        team: { id: null, name: null },
        queue: { id: null, name: null },
      },
      globalVariables: task.globalVariables,
    };
  });
}
