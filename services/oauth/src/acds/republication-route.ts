import { republicationRoute as routeOf } from '@wxcc-wfo/bus';
import { TOPICS } from '@wxcc-wfo/contracts';
import type { App } from '@wxcc-wfo/service-kit';
import { notFound } from '../authorization/authorization-problems.ts';
import type { Wiring } from '../wiring.ts';
import { toAcdChanged } from './acd.ts';
import { findAcd } from './acd-repository.ts';

/** POST /v1/republications: tells an ACD once more as it is now, a deleted one as well: its topic was lost or made anew. */
export function republicationRoute(app: App, { pool }: Pick<Wiring, 'pool'>): void {
  routeOf(app, {
    pool,
    scope: 'acds:write',
    tag: 'acds',
    things: 'ACDs',
    happened: 'changed last',
    async readPage(tx, { acdId, tenantId, fromMs, toMs, after }) {
      const acd = await findAcd(tx, acdId, true);
      if (!acd || (tenantId !== null && acd.tenantId !== tenantId)) throw notFound(acdId);
      if (after !== null || acd.changedAtMs < fromMs || acd.changedAtMs >= toMs) return [];
      return [
        {
          event: { topic: TOPICS.acdChanged, payload: toAcdChanged(acd) },
          place: { atMs: acd.changedAtMs, id: acd.acdId },
        },
      ];
    },
  });
}
