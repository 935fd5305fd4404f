import { existsSync, readFileSync, statSync } from 'node:fs';
import { fail } from './machine.mjs';
import { REPOSITORY, run } from './process.mjs';

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
  console.log(`Dependencies installed in ${Math.round((Date.now() - startedMs) / 1000)} s.`);
}
