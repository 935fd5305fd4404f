import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { KAFKA_VERSION } from './kafka-local.ts';
import type { ServerName } from './server-control.ts';
import { TOOL_CACHE } from './tool-cache.ts';

function runs(command: string, flag = '--version'): boolean {
  return spawnSync(command, [flag], { stdio: 'ignore', shell: process.platform === 'win32' }).status === 0;
}

function isCached(tool: string): boolean {
  return existsSync(TOOL_CACHE) && readdirSync(TOOL_CACHE).some((name) => new RegExp(`^${tool}(-[^.]+)?$`).test(name));
}

/**
 * What this machine lacks to run the servers as local processes, for tests that ask for such ones; undefined where it
 * can. A machine with a Docker engine and without Java may run the tests as well.
 */
export function lackedByLocalServers(servers: readonly ServerName[] = ['kafka', 'redis']): string | undefined {
  if (servers.includes('kafka') && !runs('java', '-version')) return 'Java';
  const isHere = {
    kafka: () => isCached(`kafka-${KAFKA_VERSION.replaceAll('.', '\\.')}`),
    redis: () => runs('redis-server') || isCached('redis-[\\d.]+'),
    postgres: () => true, // an npm package
  };
  return servers.every((name) => isHere[name]()) || runs('mvn') ? undefined : 'Maven';
}
