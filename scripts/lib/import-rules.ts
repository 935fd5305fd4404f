import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

interface Import {
  /** As written. */
  specifier: string;
  /** Path from the root for files of this repository, else undefined. */
  file: string | undefined;
  /** `import type` and `export type` are erased: they can't load anything, nor close a circle. */
  typeOnly: boolean;
}

type Graph = Map<string, Import[]>;

const STATEMENT = /^[ \t]*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s*)?['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/**
 * Rules of the trade stay free of these, directly and through what they import. Of `node:net` some need what an address
 * looks like.
 */
const INFRASTRUCTURE =
  /^(kafkajs|fastify|@fastify\/.*|pg|node-pg-migrate|ioredis|undici|@opentelemetry\/.*|node:(fs|https?|http2|tls|dgram|dns|child_process|cluster|worker_threads)(\/.*)?)$/;
const PURE = /-(policy|step)\.ts$/;
const TEST = /\.test\.ts$|\/tests?\//;

function sourceFiles(root: string, folder: string): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sourceFiles(root, path);
    return /\.(ts|tsx|mts)$/.test(entry.name) && !TEST.test(path) ? [path] : [];
  });
}

interface Workspace {
  /** What `@wxcc-wfo/<name>` and its exported subpaths stand for, as paths from the root. */
  entries: Map<string, string>;
  /** The folder of each package, for imports that go past its exports. */
  folders: Map<string, string>;
}

function workspaceOf(root: string): Workspace {
  const entries = new Map<string, string>();
  const folders = new Map<string, string>();
  for (const group of ['libs', 'services', 'apps']) {
    if (!existsSync(join(root, group))) continue;
    for (const name of readdirSync(join(root, group))) {
      const manifest = join(root, group, name, 'package.json');
      if (!existsSync(manifest)) continue;
      const { name: packageName, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8'));
      folders.set(packageName, join(group, name));
      const byPath: Record<string, unknown> = typeof exports === 'string' ? { '.': exports } : exports;
      for (const [path, target] of Object.entries(byPath)) {
        if (typeof target === 'string') entries.set(join(packageName, path), join(group, name, target));
      }
    }
  }
  return { entries, folders };
}

/** The file that a package of the workspace stands for; past its exports the path below its folder. */
function workspaceFile(specifier: string, { entries, folders }: Workspace): string | undefined {
  const exported = entries.get(specifier);
  if (exported !== undefined) return exported;
  const [scope, name, ...rest] = specifier.split('/');
  const folder = folders.get(`${scope}/${name}`);
  return folder === undefined ? undefined : join(folder, ...rest);
}

function importsOf(root: string, path: string, workspace: Workspace): Import[] {
  const text = readFileSync(join(root, path), 'utf8');
  const found: Import[] = [];
  const add = (specifier: string, typeOnly: boolean) => {
    const file = specifier.startsWith('.')
      ? relative(root, resolve(root, dirname(path), specifier))
      : workspaceFile(specifier, workspace);
    found.push({ specifier, file, typeOnly });
  };
  for (const [, type, specifier] of text.matchAll(STATEMENT)) add(specifier!, type !== undefined);
  for (const [, specifier] of text.matchAll(DYNAMIC)) add(specifier!, false);
  return found;
}

/** `services/oauth/src/x.ts` → `services`, `oauth`. */
function ownerOf(path: string): { group: string; name: string } {
  const [group = '', name = ''] = path.split('/');
  return { group, name };
}

function boundaryBreaches(graph: Graph): string[] {
  const breaches: string[] = [];
  for (const [path, imports] of graph) {
    const from = ownerOf(path);
    for (const { specifier, file } of imports) {
      if (
        from.group === 'apps' &&
        from.name === 'simulator' &&
        (specifier.startsWith('@wxcc-wfo/') || file?.startsWith('libs/'))
      ) {
        breaches.push(`${path} imports ${specifier}: the simulator shares no code with the product it tests`);
      }
      if (file === undefined) continue;
      const to = ownerOf(file);
      if (from.group === 'services' && to.group === 'services' && from.name !== to.name) {
        breaches.push(`${path} imports ${specifier}: services talk through events and HTTP, never by import`);
      }
      if (from.group === 'libs' && (to.group === 'services' || to.group === 'apps')) {
        breaches.push(`${path} imports ${specifier}: a lib must not know services or apps`);
      }
    }
  }
  return breaches;
}

/** Packages that promise an entry which isn't there. */
function missingEntries(root: string, { entries }: Workspace): string[] {
  return [...entries]
    .filter(([, file]) => !existsSync(join(root, file)))
    .map(([specifier, file]) => `${specifier} is exported as ${file}, which does not exist`);
}

/** For each pure file the shortest way to something that it must not reach. */
function purityBreaches(graph: Graph): string[] {
  const breaches: string[] = [];
  for (const start of graph.keys()) {
    if (!PURE.test(start)) continue;
    const ways = new Map<string, string[]>([[start, [start]]]);
    search: for (const [path, way] of ways) {
      for (const { specifier, file, typeOnly } of graph.get(path) ?? []) {
        if (typeOnly) continue;
        if (INFRASTRUCTURE.test(specifier)) {
          breaches.push(`${[...way, specifier].join(' → ')}: pure rules reach no infrastructure`);
          break search;
        }
        if (file !== undefined && !ways.has(file)) ways.set(file, [...way, file]);
      }
    }
  }
  return breaches;
}

function circles(graph: Graph): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: string[]) => {
    const at = way.indexOf(path);
    if (at >= 0) {
      found.push(`${[...way.slice(at), path].join(' → ')}: circular import`);
      return;
    }
    if (done.has(path)) return;
    for (const { file, typeOnly } of graph.get(path) ?? []) if (file && !typeOnly) visit(file, [...way, path]);
    done.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

/**
 * Gives every breach of the import rules below `root`, one line each: services apart from each other, libs below both,
 * the simulator alone, `*-policy.ts` and `*-step.ts` free of infrastructure at any distance, no circles. Tests are exempt.
 * Written here because import checkers need TypeScript's JavaScript interface, which TypeScript 7 doesn't have.
 */
export function checkImports(root: string): string[] {
  const workspace = workspaceOf(root);
  const files = ['libs', 'services', 'apps', 'scripts', 'bench'].flatMap((folder) => sourceFiles(root, folder));
  const graph: Graph = new Map(files.map((path) => [path, importsOf(root, path, workspace)]));
  return [...missingEntries(root, workspace), ...boundaryBreaches(graph), ...purityBreaches(graph), ...circles(graph)];
}
