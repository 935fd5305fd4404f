import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { request } from 'node:http';
import { homedir } from 'node:os';
import { REPOSITORY } from './process.mjs';

/** Says what is missing, in plain words, and ends. */
export function fail(problems) {
  console.error(problems.length > 1 ? 'This machine lacks something:' : 'Not possible yet:');
  for (const problem of problems) console.error(`  - ${problem}`);
  process.exit(1);
}

/** First line that a program prints about its version, undefined when it isn't there. */
function versionOf(program, flag) {
  const result = spawnSync(program, [flag], { encoding: 'utf8', shell: process.platform === 'win32' });
  return result.status === 0 ? `${result.stdout}${result.stderr}`.trim().split('\n')[0] : undefined;
}

/** What every command needs. */
export function missingForStart() {
  const problems = [];
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) {
    problems.push(
      `Node ${process.version} is too old: install Node 20 or newer (nodejs.org, or your package manager).`,
    );
  }
  if (!existsSync(`${REPOSITORY}node_modules`) && versionOf('npx', '--version') === undefined) {
    problems.push('npm is missing (its npx installs the rest): install it; on Debian: apt-get install npm.');
  }
  return problems;
}

function engineAnswers(where) {
  return new Promise((resolve) => {
    const ping = request({ ...where, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? 'yes' : 'no');
    });
    ping.on('timeout', () => ping.destroy());
    ping.on('error', (error) => resolve(error.code === 'EACCES' ? 'refused' : 'no'));
    ping.end();
  });
}

/** Whether an engine answers, and which socket refuses this account. */
async function lookForDocker() {
  const { DOCKER_HOST: host = '', XDG_RUNTIME_DIR: runtime } = process.env;
  if (host.startsWith('tcp:')) {
    const url = new URL(host.replace(/^tcp:/, 'http:'));
    return { answers: (await engineAnswers({ host: url.hostname, port: url.port || 2375 })) === 'yes' };
  }
  const sockets = host.startsWith('unix://')
    ? [host.slice('unix://'.length)]
    : [
        '/var/run/docker.sock',
        ...(runtime ? [`${runtime}/docker.sock`] : []),
        `${homedir()}/.docker/run/docker.sock`,
        `${homedir()}/.colima/default/docker.sock`,
      ];
  let refusing;
  for (const socketPath of sockets.filter(existsSync)) {
    const answer = await engineAnswers({ socketPath });
    if (answer === 'yes') return { answers: true };
    if (answer === 'refused') refusing ??= socketPath;
  }
  return { answers: false, refusing };
}

/** What real Kafka, PostgreSQL and Redis need: addresses, a Docker engine, or Java and Maven. */
export async function missingForServers() {
  const { KAFKA_BROKERS, REDIS_URL } = process.env;
  const tools = `${REPOSITORY}.data/tools`;
  const kafkaIsHere = KAFKA_BROKERS || existsSync(`${tools}/kafka-4.4.0`);
  const redisIsHere =
    REDIS_URL ||
    versionOf('redis-server', '--version') ||
    existsSync(`${tools}/redis-1.4.3-${process.platform}-${process.arch}`);
  const needsJava = !KAFKA_BROKERS;
  const needsMaven = !kafkaIsHere || !redisIsHere;
  if (!needsJava && !needsMaven) return [];
  const docker = process.env.WFO_SERVERS === 'local' ? { answers: false } : await lookForDocker();
  if (docker.answers) return [];

  const engine = docker.refusing
    ? `let this account use the Docker engine, whose socket ${docker.refusing} refuses it (sudo usermod -aG docker $USER, then sign in anew)`
    : 'start a Docker engine';
  const instead = `Or ${engine}; or set KAFKA_BROKERS, POSTGRES_ADMIN_URL and REDIS_URL to servers you have.`;
  const problems = [];
  const java = versionOf('java', '-version');
  const javaMajor = Number(/version "(?:1\.)?(\d+)/.exec(java ?? '')?.[1] ?? 0);
  if (needsJava && javaMajor < 17) {
    const found = java === undefined ? 'Java is missing' : `Java is too old (${java})`;
    problems.push(
      `${found}: Apache Kafka needs 17 or newer. On Debian: apt-get install openjdk-17-jre-headless. ${instead}`,
    );
  }
  if (needsMaven && versionOf('mvn', '--version') === undefined) {
    problems.push(`Maven is missing: it fetches Apache Kafka and Redis. On Debian: apt-get install maven. ${instead}`);
  }
  return problems;
}
