import { fileURLToPath } from 'node:url';

/** SQL files of the bus's own tables; each service runs them in its own schema, before its own migrations. */
export const busMigrationsFolder: string = fileURLToPath(new URL('../migrations', import.meta.url));
