export { lackedByLocalServers } from './local-tools.ts';
export type { ServerControl, ServerKind, ServerName } from './server-control.ts';
export {
  type RunningServers,
  removeServerData,
  type ServerAddresses,
  type StartServersOptions,
  startServers,
} from './start-servers.ts';
export { COMPILE_CACHE } from './tool-cache.ts';
export { startWatchdog, type Watchdog } from './watchdog.ts';
