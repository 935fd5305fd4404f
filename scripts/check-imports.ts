// Rules about who may import whom, over the whole tree; tests are exempt. Prints each breach and ends with 1.
import { fileURLToPath } from 'node:url';
import { checkImports } from './lib/import-rules.ts';

const breaches = checkImports(fileURLToPath(new URL('..', import.meta.url)));
for (const breach of breaches) console.error(breach);
if (breaches.length > 0) console.error(`${breaches.length} forbidden imports. The rules: scripts/lib/import-rules.ts.`);
process.exitCode = breaches.length > 0 ? 1 : 0;
