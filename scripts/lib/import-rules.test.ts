import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { checkImports } from './import-rules.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'import-rules-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function tree(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

const pkg = (name: string) => JSON.stringify({ name: `@wxcc-wfo/${name}`, exports: { '.': './src/index.ts' } });

it('accepts a tree that keeps the rules, types and tests included', () => {
  tree({
    'libs/bus/package.json': pkg('bus'),
    'libs/bus/src/index.ts': `import { Kafka } from 'kafkajs';\nexport const bus = Kafka;\n`,
    'services/a/src/x-policy.ts': `import type { Pool } from 'pg';\nimport { y } from './y.ts';\nexport type P = Pool;\n`,
    'services/a/src/y.ts': `import type { P } from './x-policy.ts';\nexport const y = 1;\nexport type Q = P;\n`,
    'services/a/src/x-policy.test.ts': `import { Pool } from 'pg';\nimport '../../b/src/z.ts';\n`,
    'services/a/src/wiring.ts': `import { bus } from '@wxcc-wfo/bus';\n`,
    'services/b/src/z.ts': 'export const z = 1;\n',
  });
  expect(checkImports(root)).toEqual([]);
});

it('catches a service that imports another, even for a type', () => {
  tree({
    'services/a/src/x.ts': `import type { Z } from '../../b/src/z.ts';\n`,
    'services/b/src/z.ts': 'export type Z = 1;\n',
  });
  expect(checkImports(root)).toEqual([
    'services/a/src/x.ts imports ../../b/src/z.ts: services talk through events and HTTP, never by import',
  ]);
});

it('catches a lib that imports a service, and a simulator that imports a lib', () => {
  tree({
    'libs/bus/package.json': pkg('bus'),
    'libs/bus/src/index.ts': `export * from '../../../services/b/src/z.ts';\n`,
    'services/b/src/z.ts': 'export const z = 1;\n',
    'apps/simulator/src/main.ts': `const bus = await import('@wxcc-wfo/bus');\n`,
  });
  expect(checkImports(root)).toEqual([
    'libs/bus/src/index.ts imports ../../../services/b/src/z.ts: a lib must not know services or apps',
    'apps/simulator/src/main.ts imports @wxcc-wfo/bus: the simulator shares no code with the product it tests',
  ]);
});

it('catches infrastructure that a pure rule reaches through a lib, and shows the way', () => {
  tree({
    'libs/bus/package.json': pkg('bus'),
    'libs/bus/src/index.ts': `export { send } from './send.ts';\n`,
    'libs/bus/src/send.ts': `import {\n  Kafka,\n  logLevel,\n} from 'kafkajs';\n`,
    'services/a/src/x-step.ts': `import { send } from '@wxcc-wfo/bus';\n`,
    'services/a/src/y-policy.ts': `import { trace } from '@opentelemetry/api';\n`,
  });
  expect(checkImports(root)).toEqual([
    'services/a/src/x-step.ts → libs/bus/src/index.ts → libs/bus/src/send.ts → kafkajs: pure rules reach no infrastructure',
    'services/a/src/y-policy.ts → @opentelemetry/api: pure rules reach no infrastructure',
  ]);
});

it('catches a circle', () => {
  tree({
    'libs/l/src/a.ts': `import { b } from './b.ts';\n`,
    'libs/l/src/b.ts': `import { a } from './a.ts';\n`,
  });
  expect(checkImports(root)).toEqual(['libs/l/src/a.ts → libs/l/src/b.ts → libs/l/src/a.ts: circular import']);
});

it('catches a service that is imported past its exports', () => {
  tree({
    'services/a/src/x.ts': `import { z } from '@wxcc-wfo/b/src/z.ts';\n`,
    'services/b/package.json': JSON.stringify({ name: '@wxcc-wfo/b' }),
    'services/b/src/z.ts': 'export const z = 1;\n',
  });
  expect(checkImports(root)).toEqual([
    'services/a/src/x.ts imports @wxcc-wfo/b/src/z.ts: services talk through events and HTTP, never by import',
  ]);
});

it.each(['node:fs', 'node:fs/promises', 'node:http', 'node:tls', 'node-pg-migrate'])(
  'keeps %s out of pure rules',
  (it) => {
    tree({ 'services/a/src/x-policy.ts': `import { y } from '${it}';\n` });
    expect(checkImports(root)).toEqual([`services/a/src/x-policy.ts → ${it}: pure rules reach no infrastructure`]);
  },
);

it('lets pure rules use what of Node reaches nothing', () => {
  tree({ 'services/a/src/x-policy.ts': `import { createHash } from 'node:crypto';\n` });
  expect(checkImports(root)).toEqual([]);
});

it('catches an export that does not exist', () => {
  tree({ 'services/b/package.json': pkg('b') });
  expect(checkImports(root)).toEqual(['@wxcc-wfo/b is exported as services/b/src/index.ts, which does not exist']);
});
