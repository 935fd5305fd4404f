import type { Redis } from 'ioredis';
import type { SealedToken } from './token-repository.ts';

/** Reads the hand-over store (architecture rule 10): a hash per ACD, written by `oauth`. */
export interface TokenHandover {
  read(acdId: string): Promise<SealedToken | null>;
}

export function createTokenHandover(redis: Pick<Redis, 'hmget'>): TokenHandover {
  return {
    async read(acdId) {
      const [version, sealed, expiresAtMs] = await redis.hmget(
        `wfo:token:${acdId}`,
        'version',
        'sealed',
        'expiresAtMs',
      );
      if (!version || !sealed || !expiresAtMs) return null;
      return { version: Number(version), sealed, expiresAtMs: Number(expiresAtMs) };
    },
  };
}
