import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const namesIn = (folder: string) => readdirSync(new URL(folder, root));

/** What people read; generated pages aside. */
const PAGES = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...namesIn('docs')
    .filter((name) => name.endsWith('.md') && !['environment-variables.md', 'metrics.md'].includes(name))
    .map((name) => `docs/${name}`),
  ...namesIn('docs/adr').map((name) => `docs/adr/${name}`),
  'deploy/README.md',
  'deploy/alerts.yml',
  ...['services', 'libs', 'apps'].flatMap((group) => namesIn(group).map((name) => `${group}/${name}/README.md`)),
  'tests/README.md',
  'bench/README.md',
];

/** `POST /v1/acds/{}/preflight` of every service, parameters without their names. */
const routes = new Set<string>();
for (const name of namesIn('docs/generated').filter((one) => one.startsWith('openapi-'))) {
  const { paths } = JSON.parse(read(`docs/generated/${name}`)) as { paths: Record<string, object> };
  for (const [path, methods] of Object.entries(paths)) {
    for (const method of Object.keys(methods)) routes.add(`${method.toUpperCase()} ${unnamed(path)}`);
  }
}

function unnamed(path: string): string {
  return path
    .replace(/\?.*$/, '')
    .replace(/\{\{[^}]*\}\}/g, '{}') // an alert's label
    .replace(/\{[^}]*\}|\$[A-Z]+|:[a-z]\w*/g, '{}')
    .replace(/[.,;:/]+$/, '');
}

/** Paths that a page names, with the method where one stands before. */
function routesNamed(text: string): { method: string | undefined; path: string }[] {
  const found = text.matchAll(/(?:\b(GET|POST|PUT|PATCH|DELETE) +)?(?:\$[A-Z]+)?(\/v1\/[\w{}$./:?=&-]+)/g);
  return [...found].map(([, method, path]) => ({ method, path: unnamed(path!) }));
}

const anchorsOf = (page: string) =>
  [...page.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} -]/gu, '')
      .replaceAll(' ', '-'),
  );

describe('the documents', () => {
  it('are read for routes as people write them', () => {
    const text =
      '`POST /v1/acds/{acdId}/nonsense {"a":1}` and wfo $SYNC/v1/sync-runs/$RUN/changes?kind=user, GET /v1/users.';
    expect(routesNamed(text)).toEqual([
      { method: 'POST', path: '/v1/acds/{}/nonsense' },
      { method: undefined, path: '/v1/sync-runs/{}/changes' },
      { method: 'GET', path: '/v1/users' },
    ]);
  });

  // The kit's page shows how a service is written, with routes of a service that is none of ours.
  it.each(PAGES.filter((page) => page !== 'libs/service-kit/README.md'))('%s names routes that exist', (page) => {
    const text = read(page).replace(/\{\{ \$labels\.\w+ \}\}/g, '{}');
    const known = [...routes];
    for (const { method, path } of routesNamed(text)) {
      if (method) expect(known).toContain(`${method} ${path}`);
      else expect(known.map((route) => route.split(' ')[1])).toContain(path);
    }
  });

  it.each(PAGES.filter((page) => page.endsWith('.md')))('%s links to what exists', (page) => {
    for (const [, target] of read(page).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)) {
      const [file, anchor] = target!.split('#') as [string, string?];
      const url = file === '' ? new URL(page, root) : new URL(file, new URL(page, root));
      expect([page, target, existsSync(url)]).toEqual([page, target, true]);
      if (anchor) expect(anchorsOf(readFileSync(url, 'utf8'))).toContain(anchor);
    }
  });

  it('name variables of the environment that exist', () => {
    const known = read('docs/environment-variables.md') + read('deploy/docker-compose.yml');
    for (const page of PAGES.filter((one) => one.startsWith('docs/'))) {
      for (const [, name] of read(page).matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)) {
        expect([page, name, known.includes(name!) || /^(OTEL|NODE)_/.test(name!)]).toEqual([page, name, true]);
      }
    }
  });
});
