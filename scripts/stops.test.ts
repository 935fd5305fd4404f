import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { lackedByLocalServers, removeServerData, type SpawnedService, spawnService, waitFor } from '@wxcc-wfo/testkit';
import { ROOT } from './stack/services.ts';

const PROMISED_MS = 10_000;
const lacked = process.platform === 'linux' ? lackedByLocalServers() : '/proc';
const describeLocal = lacked ? describe.skip : describe;

interface ProcessFacts {
  parent: number;
  isZombie: boolean;
}

function processes(): Map<number, ProcessFacts> {
  const found = new Map<number, ProcessFacts>();
  for (const name of readdirSync('/proc').filter((one) => /^\d+$/.test(one))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      found.set(Number(name), { parent: Number(parent), isZombie: state === 'Z' });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

/** Every process that has ever been below `pid`, gathered until `end` is called; then those that still live. */
function descendantsOf(pid: number): { count(): number; alive(): number[]; end(): void } {
  const known = new Set([pid]);
  const gather = () => {
    const now = [...processes()];
    for (let size = 0; size !== known.size; ) {
      size = known.size;
      for (const [child, { parent }] of now) if (known.has(parent)) known.add(child);
    }
  };
  const timer = setInterval(gather, 50);
  return {
    count: () => known.size - 1,
    alive() {
      const now = processes();
      return [...known].filter((one) => now.get(one)?.isZombie === false);
    },
    end: () => clearInterval(timer),
  };
}

interface Stage {
  entry: string;
  args?: string[];
  signal: NodeJS.Signals;
  /** Whether the moment has come. */
  when(program: SpawnedService, dataFolder: string): boolean;
}

/** Starts a program with data of its own, signals it at its stage and gives how it ended and what it left. */
async function stopAt(stage: Stage) {
  const dataFolder = mkdtempSync(`${tmpdir()}/wfo-stops-`);
  const program = spawnService({
    name: stage.entry,
    entry: stage.entry,
    args: stage.args ?? [],
    nodeOptions: ['--disable-warning=ExperimentalWarning'],
    env: { WFO_SERVERS: 'local', WFO_DATA_FOLDER: dataFolder, HOME: process.env.HOME ?? '/' },
    workingFolder: ROOT,
  });
  const descendants = descendantsOf(program.pid);
  try {
    await waitFor(`the moment to stop ${stage.entry}`, () => stage.when(program, dataFolder), { intervalMs: 10 });
    const startedMs = performance.now();
    const { code } = await program.kill(stage.signal);
    const tookMs = performance.now() - startedMs;
    await waitFor('every process to be gone', () => descendants.alive().length === 0, { timeoutMs: 5_000 });
    const urls = [...new Set(program.output().match(/http:\/\/127\.0\.0\.1:\d+/g) ?? [])];
    const answers = await Promise.all(
      urls.map((url) =>
        fetch(url).then(
          () => [url],
          () => [],
        ),
      ),
    );
    return {
      code,
      tookMs,
      started: descendants.count(),
      output: program.output(),
      held: answers.flat(),
      addressesAreThere: existsSync(`${dataFolder}/addresses.json`),
    };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${program.output()}`);
  } finally {
    descendants.end();
    await program.kill('SIGKILL');
    removeServerData(`${dataFolder}/servers`);
    rmSync(dataFolder, { recursive: true, force: true });
  }
}

const says = (text: string) => (program: SpawnedService) => program.output().includes(text);

describeLocal(
  `Ctrl-C leaves no process and no port behind within 10 s${lacked ? ` (left out: no ${lacked})` : ''}`,
  () => {
    it('while the servers start', async () => {
      const stopped = await stopAt({
        entry: 'scripts/demo/main.ts',
        args: ['--check'],
        signal: 'SIGINT',
        when: (_, folder) => existsSync(`${folder}/servers/kafka/kafka.out`),
      });
      expect(stopped).toMatchObject({ code: 130, held: [] });
      expect(stopped.output).toContain('It was interrupted by SIGINT');
      expect(stopped.output).not.toContain('servers are up');
      expect(stopped.tookMs).toBeLessThan(PROMISED_MS);
    });

    it('while the database is migrated', async () => {
      const stopped = await stopAt({ entry: 'scripts/up.ts', signal: 'SIGINT', when: says('migrating the database') });
      expect(stopped).toMatchObject({ code: 130, held: [], addressesAreThere: false });
      expect(stopped.output).not.toContain('    at ');
      expect(stopped.tookMs).toBeLessThan(PROMISED_MS);
    });

    it('while the services start', async () => {
      const when = says('starting oauth,');
      const stopped = await stopAt({ entry: 'scripts/demo/main.ts', args: ['--check'], signal: 'SIGTERM', when });
      expect(stopped).toMatchObject({ code: 143, held: [] });
      expect(stopped.output).not.toContain('all services are ready');
      // Three servers with what they start themselves, five services, the simulated tenant, the watchdog.
      expect(stopped.started).toBeGreaterThan(10);
      expect(stopped.tookMs).toBeLessThan(PROMISED_MS);
    });

    it('while the bridge runs, which says when a service has ended by itself', async () => {
      let killed = 0;
      const when = (program: SpawnedService, folder: string) => {
        if (killed === 0 && says('Ctrl-C stops it')(program)) {
          const { services } = JSON.parse(readFileSync(`${folder}/addresses.json`, 'utf8'));
          killed = services.sync.pid;
          process.kill(killed, 'SIGKILL');
        }
        return says('sync ended unasked (SIGKILL)')(program);
      };
      const stopped = await stopAt({ entry: 'scripts/up.ts', signal: 'SIGINT', when });
      expect(stopped).toMatchObject({ code: 0, held: [], addressesAreThere: false });
      expect(stopped.output).not.toContain('has been killed');
      expect(stopped.tookMs).toBeLessThan(PROMISED_MS);
    });
  },
);
