import type { SimulatorOptions } from '../options.ts';
import type { Story } from '../story/story.ts';
import type { View } from './task-view.ts';

const SHIFT_MS = 8 * 3_600_000;

/** One session per agent, on duty since the shift began: enough for shapes, not for adherence. */
export function viewSessions(
  story: Story,
  settings: Pick<SimulatorOptions, 'searchAgentId' | 'orgId'>,
  nowMs: number,
): View[] {
  const startMs = Math.floor(nowMs / SHIFT_MS) * SHIFT_MS;
  return story.directory.agents.map((agent) => ({
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
        ringingCount: 0,
        ringingDuration: 0,
        connectedCount: 0,
        connectedDuration: 0,
        wrapupCount: 0,
        wrapupDuration: 0,
        activityRows: [
          {
            id: `${agent.channelId}-telephony-${startMs}-available`,
            startTime: startMs,
            endTime: -1,
            duration: -1,
            state: 'available',
            isCurrentActivity: true,
            isLoginActivity: true,
            isLogoutActivity: false,
          },
        ],
      },
    ],
  }));
}
