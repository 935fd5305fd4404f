/** Event types by resource, with the resource version that carries them. */
export const eventTypesByVersion: Record<string, readonly string[]> = {
  'agent:1.0.0': ['agent:login', 'agent:logout', 'agent:state_change'],
  'agent:2.0.0': ['agent:login', 'agent:logout', 'agent:channel_state_change', 'agent:channelType_state_change'],
  'capture:1.0.0': ['capture:available'],
  'task:1.0.0': [
    'task:new',
    'task:connect',
    'task:connected',
    'task:parked',
    'task:on-hold',
    'task:hold-done',
    'task:consulting',
    'task:consult-done',
    'task:conferencing',
    'task:conference-done',
    'task:conference-transferred',
    'task:ended',
    'task:failed',
    'task:origin-updated',
  ],
  'task-message:1.0.0': ['task-message:appended', 'task-message:append-failed'],
};
