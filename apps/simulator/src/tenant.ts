import type { DirectoryStore } from './config/directory-store.ts';
import type { FaultBoard } from './faults/fault-board.ts';
import type { Quota } from './gateway/quota.ts';
import type { TokenStore } from './oauth/token-store.ts';
import type { SimulatorOptions } from './options.ts';
import type { Story } from './story/story.ts';
import type { SubscriptionStore } from './subscriptions/subscription-store.ts';

/** What the routes share. */
export interface Tenant {
  options: SimulatorOptions;
  story: Story;
  directory: DirectoryStore;
  tokens: TokenStore;
  quota: Quota;
  faults: FaultBoard;
  subscriptions: SubscriptionStore;
  /** Address under which clients reach this tenant; known once it listens. */
  baseUrl: () => string;
  /** Key under which download addresses are signed. */
  storageKey: string;
  now: () => number;
}
