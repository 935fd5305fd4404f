import { fileURLToPath } from 'node:url';

export { createAcdChangedHandler, findAcd, listActiveAcds } from './acd-copies.ts';
export { createTokenSource, NoAccessToken, type TokenSource, type TokenSourceOptions } from './token-source.ts';

/** SQL files of the tables that the copies live in; run with the service's own. */
export const acdMigrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));
