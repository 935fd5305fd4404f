import { aWebexUser } from './fake-directory.ts';
import { type RunningDirectory, runDirectory } from './running-directory.ts';

/** A user that a directory sync, switched on later, made anew under a new id and address (the guide's case). */
export interface MadeAnew {
  oldKey: string;
  newKey: string;
  name: string;
  oldId: string;
  newId: string;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are asserted, not trusted
  candidate: any;
}

/** A directory with thirty users who stay, so that the brake of SYNC-06 never holds a run. */
export interface SwitchedDirectory {
  sync: RunningDirectory;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are asserted, not trusted
  read(userId: string): Promise<any>;
  /** The first page of the open candidates. */
  // biome-ignore lint/suspicious/noExplicitAny: bodies are asserted, not trusted
  open(query?: string): Promise<any[]>;
  makeAnew(o?: { edit?: object; keptEmail?: boolean }): Promise<MadeAnew>;
  /** The user is no longer in the ACD. */
  gone(key: string): void;
}

export async function switchedDirectory(): Promise<SwitchedDirectory> {
  const sync = await runDirectory();
  const { directory } = sync.world;
  directory.users = Array.from({ length: 30 }, (_, n) => aWebexUser(`stays-${n}`, { firstName: `F${n}` }));
  await sync.run();
  let nth = 0;
  const open = async (query = '') => (await sync.call(`/v1/duplicates?${query}`)).body.items;
  return {
    sync,
    open,
    read: async (userId) => (await sync.call(`/v1/users/${userId}`)).body,
    async makeAnew(o = {}) {
      nth += 1;
      const [oldKey, newKey, name] = [`old-${nth}`, `new-${nth}`, `Person${nth}`];
      const old = aWebexUser(oldKey, { firstName: 'Ada', lastName: name, email: `${name}@old.example` });
      directory.users.push(old);
      await sync.run();
      const oldId = await sync.userOf(oldKey);
      if (o.edit) await sync.change(`/v1/users/${oldId}`, o.edit);
      const email = o.keptEmail ? old.email : `${name}@new.example`;
      directory.users = directory.users.filter((user) => user !== old);
      directory.users.push(aWebexUser(newKey, { firstName: 'Ada', lastName: name, email }));
      await sync.run();
      const newId = await sync.userOf(newKey);
      const [candidate] = (await open()).filter((one: { newer: { id: string } }) => one.newer.id === newId);
      return { oldKey, newKey, name, oldId, newId, candidate };
    },
    gone(key) {
      directory.users = directory.users.filter((user) => user.userId !== key);
    },
  };
}
