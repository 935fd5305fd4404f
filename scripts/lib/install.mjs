import { copyFileSync, existsSync, readFileSync, realpathSync, renameSync, rmSync, statSync } from 'node:fs';
import { fail } from './machine.mjs';
import { NODE, REPOSITORY, run } from './process.mjs';

/** pnpm writes this at the end of an installation. */
const MARKER = `${REPOSITORY}node_modules/.modules.yaml`;
/** pnpm's own copy of the lockfile that is installed. */
const INSTALLED_LOCKFILE = `${REPOSITORY}node_modules/.pnpm/lock.yaml`;
const LOCKFILE = `${REPOSITORY}pnpm-lock.yaml`;

function upToDate() {
  if (!existsSync(MARKER)) return false;
  if (statSync(MARKER).mtimeMs >= statSync(LOCKFILE).mtimeMs) return true;
  // A fresh checkout or a branch switch touches the lockfile's time without changing it.
  return existsSync(INSTALLED_LOCKFILE) && readFileSync(INSTALLED_LOCKFILE, 'utf8') === readFileSync(LOCKFILE, 'utf8');
}

/**
 * The installation writes the Node program in one piece. Newer Linux kernels (seen on 6.18) keep such a file in huge pages,
 * and map all of it into every process: 77 MB of resident memory each. Of a copy they map what is used: 48 MB.
 */
function copyNode() {
  if (process.platform !== 'linux') return;
  const program = realpathSync(NODE);
  const copy = `${program}.copy`;
  try {
    copyFileSync(program, copy);
    renameSync(copy, program);
  } catch {
    // Nothing depends on it: a disk without room for a second one, say.
    rmSync(copy, { force: true });
  }
}

/** Installs the dependencies of the lockfile, unless they are there. */
export async function install() {
  if (upToDate()) return;
  const { packageManager } = JSON.parse(readFileSync(`${REPOSITORY}package.json`, 'utf8'));
  console.log('Installing dependencies (once, about a minute) …');
  const startedMs = Date.now();
  const args = ['-y', packageManager, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'];
  const code = await run('npx', args, { shell: process.platform === 'win32', env: { npm_config_loglevel: 'error' } });
  if (code !== 0) {
    fail([
      `Installing the dependencies failed (npx ${args.join(' ')}); the reason stands above. If the registry could not be reached, try again; if pnpm-lock.yaml is out of date, run: npx -y ${packageManager} install`,
    ]);
  }
  copyNode();
  console.log(`Dependencies installed in ${Math.round((Date.now() - startedMs) / 1000)} s.`);
}
