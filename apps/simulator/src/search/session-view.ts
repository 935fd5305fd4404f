import type { SimulatorOptions } from '../options.ts';
import type { Agent } from '../story/directory.ts';
import type { Story } from '../story/story.ts';
import type { ActivityRow } from '../story/task-model.ts';
import type { View } from './task-view.ts';

const HOUR_MS = 3_600_000;
/** Agents sign in a while before their first call. */
const SIGNED_IN_BEFORE_MS = 600_000;

/** States of an agent that the rows of tasks show. */
const states: Record<string, string> = {
  connect: 'ringing',
  connected: 'connected',
  'hold-done': 'hold-done',
  'on-hold': 'on-hold',
  WrapUp: 'wrapup',
};

type Settings = Pick<SimulatorOptions, 'searchAgentId' | 'orgId'>;

interface Activity {
  row: ActivityRow;
  taskId: string;
  state: string;
}

/** One session per agent with one voice channel, its states taken from the tasks: enough for shapes, not for adherence. */
export function viewSessions(story: Story, settings: Settings, nowMs: number): View[] {
  const byAgent = new Map<string, Activity[]>();
  for (const task of story.tasks()) {
    if (task.channelType !== 'telephony') continue;
    for (const row of task.rows) {
      const state = states[row.eventName];
      if (row.agent === undefined || state === undefined || row.createdMs > nowMs) continue;
      const list = byAgent.get(row.agent.id) ?? [];
      byAgent.set(row.agent.id, list);
      list.push({ row, taskId: task.id, state });
    }
  }
  return story.directory.agents.map((agent) => viewSession(agent, byAgent.get(agent.id) ?? [], settings, nowMs));
}

function viewSession(agent: Agent, activities: Activity[], settings: Settings, nowMs: number): View {
  const startMs =
    activities.reduce((first, { row }) => Math.min(first, row.createdMs), nowMs - HOUR_MS) - SIGNED_IN_BEFORE_MS;
  const rows = activities
    .map((one) => viewActivity(agent, one, nowMs))
    .sort((a, b) => Number(b.startTime) - Number(a.startTime));
  const login = {
    startTime: startMs,
    endTime: -1,
    duration: -1,
    state: 'available',
    isLoginActivity: true,
    isLogoutActivity: false,
  };
  return {
    agentId: agent[settings.searchAgentId],
    agentName: agent.name,
    agentSessionId: agent.sessionId,
    userLoginId: agent.email,
    startTime: startMs,
    endTime: -1,
    isActive: true,
    state: 'available',
    siteId: agent.team.site.id,
    siteName: agent.team.site.name,
    teamId: agent.team.id,
    teamName: agent.team.name,
    orgId: settings.orgId,
    multiMediaProfileType: 'Blended',
    channelInfo: [
      {
        channelId: agent.channelId,
        channelType: 'telephony',
        agentPhoneNumber: agent.phoneNumber,
        currentState: 'available',
        totalDuration: nowMs - startMs,
        idleCount: 0,
        idleDuration: 0,
        ...countsOf(rows, 'ringing', 'ringing'),
        ...countsOf(rows, 'connected', 'connected'),
        ...countsOf(rows, 'hold', 'on-hold'),
        ...countsOf(rows, 'wrapup', 'wrapup'),
        activityRows: [...rows, { id: `${agent.channelId}-telephony-${startMs}-available`, ...login }],
      },
    ],
  };
}

function viewActivity(agent: Agent, { row, taskId, state }: Activity, nowMs: number): View {
  const active = row.endMs > nowMs;
  return {
    id: `${agent.channelId}-telephony-${row.createdMs}-${state}`,
    startTime: row.createdMs,
    endTime: active ? -1 : row.endMs,
    duration: active ? -1 : row.endMs - row.createdMs,
    state,
    taskId,
    queue: { id: row.queue?.id ?? null, name: row.queue?.name ?? null },
    isCurrentActivity: active,
    isLoginActivity: false,
    isLogoutActivity: false,
  };
}

function countsOf(rows: readonly View[], name: string, state: string): View {
  const found = rows.filter((row) => row.state === state);
  const duration = found.reduce((sum, row) => sum + Math.max(0, Number(row.duration)), 0);
  return { [`${name}Count`]: found.length, [`${name}Duration`]: duration };
}
