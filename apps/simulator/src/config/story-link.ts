import type { Directory } from '../story/directory.ts';
import type { ConfigRecord, Resource } from './records.ts';

/**
 * Lets calls that are told from now on name people, teams and queues as they are configured now. Calls of the past keep
 * what they were told with: the story's objects are replaced, never changed.
 */
export function keepStoryInStep(
  directory: Directory,
  resource: Resource,
  formerId: string,
  record: ConfigRecord,
): ConfigRecord {
  const text = (name: string): string => String(record[name] ?? '');
  if (resource === 'user') {
    replaceWhere(directory.agents, formerId, (agent) => ({
      ...agent,
      id: record.id,
      ciUserId: text('ciUserId'),
      firstName: text('firstName'),
      lastName: text('lastName'),
      name: `${text('firstName')} ${text('lastName')}`,
      email: text('email'),
    }));
  }
  if (resource === 'contact-service-queue') {
    replaceWhere(directory.queues, formerId, (queue) => ({ ...queue, id: record.id, name: text('name') }));
  }
  if (resource === 'team') {
    const renamed = { id: record.id, name: text('name') };
    replaceWhere(directory.teams, formerId, (team) => ({ ...team, ...renamed }));
    for (const [n, agent] of directory.agents.entries()) {
      if (agent.team.id === formerId) directory.agents[n] = { ...agent, team: { ...agent.team, ...renamed } };
    }
  }
  return record;
}

function replaceWhere<T extends { id: string }>(list: T[], id: string, replace: (one: T) => T): void {
  const place = list.findIndex((one) => one.id === id);
  if (place !== -1) list[place] = replace(list[place]!);
}
