import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';

export interface MavenArtifact {
  group: string;
  artifact: string;
  version: string;
}

function pomOf(artifacts: MavenArtifact[]): string {
  const dependencies = artifacts
    .map(
      (a) =>
        `<dependency><groupId>${a.group}</groupId><artifactId>${a.artifact}</artifactId><version>${a.version}</version></dependency>`,
    )
    .join('');
  return `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>local</groupId><artifactId>servers</artifactId><version>1</version><packaging>pom</packaging><dependencies>${dependencies}</dependencies></project>`;
}

/** Copies the artifacts and all that they need at run time, as jars, into `folder`, by the machine's own Maven settings. */
export async function downloadJars(artifacts: MavenArtifact[], folder: string, signal?: AbortSignal): Promise<void> {
  const pomFolder = `${folder}/pom`;
  mkdirSync(pomFolder, { recursive: true });
  const pomFile = `${pomFolder}/pom.xml`;
  writeFileSync(pomFile, pomOf(artifacts));
  const what = artifacts.map((a) => `${a.group}:${a.artifact}:${a.version}`).join(', ');

  const args = [
    '-q',
    '-B',
    '-f',
    pomFile,
    'dependency:copy-dependencies',
    `-DoutputDirectory=${folder}`,
    '-DincludeScope=runtime',
  ];
  await run('mvn', args, `downloading ${what} by Maven`, { signal });
}

/** What to say when a program that `purpose` needs is not on the machine. */
export function commandMissing(purpose: string, command: string): string {
  return `${purpose} needs the command "${command}", which is not on the PATH. Install it (Debian: apt-get install openjdk-17-jre-headless maven), or start a Docker engine, or set KAFKA_BROKERS, POSTGRES_ADMIN_URL and REDIS_URL.`;
}

/** Runs a command to its end; fails with the end of its output. */
export function run(
  command: string,
  args: string[],
  purpose: string,
  options: { signal?: AbortSignal | undefined } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...(options.signal ? { signal: options.signal } : {}),
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-8000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error: NodeJS.ErrnoException) => {
      const missing = error.code === 'ENOENT';
      reject(new Error(missing ? commandMissing(purpose, command) : `${purpose} failed: ${error.message}`));
    });
    child.once('close', (code) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${purpose} failed (${command} ended with ${code}):\n${output.trim()}`));
    });
  });
}
