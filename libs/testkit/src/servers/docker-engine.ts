import { existsSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { homedir } from 'node:os';

/** Where a Docker engine may listen on this machine. */
function candidates(): RequestOptions[] {
  const host = process.env.DOCKER_HOST;
  if (host?.startsWith('unix://')) return [{ socketPath: host.slice('unix://'.length) }];
  if (host !== undefined && host !== '') {
    const url = new URL(host.replace(/^tcp:/, 'http:'));
    return [{ host: url.hostname, port: url.port || '2375' }];
  }
  if (process.platform === 'win32') return [{ socketPath: '//./pipe/docker_engine' }];
  const { XDG_RUNTIME_DIR: runtime } = process.env;
  return [
    '/var/run/docker.sock',
    ...(runtime ? [`${runtime}/docker.sock`] : []), // of an engine without root
    `${homedir()}/.docker/run/docker.sock`,
    `${homedir()}/.colima/default/docker.sock`,
  ]
    .filter((path) => existsSync(path))
    .map((socketPath) => ({ socketPath }));
}

function answers(options: RequestOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const ping = request({ ...options, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', () => resolve(false));
    ping.end();
  });
}

/** Whether a Docker engine answers: asked over its socket, since loading Testcontainers to find out costs a second. */
export async function dockerEngineAnswers(): Promise<boolean> {
  for (const candidate of candidates()) {
    if (await answers(candidate)) return true;
  }
  return false;
}
