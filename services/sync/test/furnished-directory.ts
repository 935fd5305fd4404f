import { aWebexQueue, aWebexTeam, aWebexUser } from './fake-directory.ts';
import { type RunningDirectory, runDirectory } from './running-directory.ts';

/** A directory with something of every kind in it. */
export interface FurnishedDirectory {
  sync: RunningDirectory;
  /** An id of each kind of thing, by the word that stands for it in a path. */
  ids: Record<string, string>;
  /** The path with ids instead of words: `/v1/users/USER`. */
  pathOf(path: string): string;
}

export async function furnishedDirectory(): Promise<FurnishedDirectory> {
  const sync = await runDirectory();
  const { directory, acd } = sync.world;
  directory.users = Array.from({ length: 12 }, (_, n) =>
    aWebexUser(`u-${n}`, { firstName: `F${n}`, lastName: `L${n}` }),
  );
  directory.teams = [aWebexTeam('t-1', { name: 'Sales' }), aWebexTeam('t-2', { name: 'Support', type: 'CAPACITY' })];
  directory.queues = [aWebexQueue('q-1', { name: 'Orders' }), aWebexQueue('q-2', { name: 'Réclamations' })];
  directory.sites = [{ siteId: 's-1', name: 'Leeds', isActive: true, updatedAtMs: null }];
  await sync.run();
  directory.users.push(aWebexUser('u-new', { firstName: 'F0', lastName: 'Other', email: 'u-0@contactcentre.example' }));
  await sync.run();
  const first = async (path: string) => (await sync.call(path)).body.items[0];
  const ids: Record<string, string> = {
    ACD: acd.acdId,
    USER: await sync.userOf('u-1'),
    TEAM: (await first('/v1/teams?name=sales')).teamId,
    QUEUE: (await first('/v1/queues')).queueId,
    SITE: (await first('/v1/sites')).itemId,
    ROLE: (await first('/v1/roles')).roleId,
    DUPLICATE: (await first('/v1/duplicates')).duplicateId,
    LOCAL: (await sync.call('/v1/teams', { body: { acdId: acd.acdId, name: 'Night shift' } })).body.teamId,
  };
  const body = { kind: 'user', survivorId: await sync.userOf('u-2'), mergedId: await sync.userOf('u-3') };
  ids.MERGE = (await sync.call('/v1/merges', { body })).body.mergeId;
  return { sync, ids, pathOf: (path) => path.replace(/[A-Z]{3,}/g, (word) => ids[word] ?? word) };
}
