import { availableParallelism } from 'node:os';

// One run for every kind of test: unit and property tests beside the code, integration over real servers, end to end.
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  testMatch: ['<rootDir>/{libs,services,apps,scripts,tests}/**/*.test.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' } },
    ],
  },
  globalSetup: '<rootDir>/libs/testkit/src/jest-global-setup.ts',
  globalTeardown: '<rootDir>/libs/testkit/src/jest-global-teardown.ts',
  testSequencer: '<rootDir>/libs/testkit/src/jest-sequencer.mjs',
  // What suites leave behind is never given back by V8's module contexts, and a heap of gigabytes is slow to collect.
  workerIdleMemoryLimit: '700MB',
  // Suites of real processes wait more than they work. Not more: their servers are shared.
  maxWorkers: Math.min(4, availableParallelism() + 1),
  modulePathIgnorePatterns: ['<rootDir>/.data'],
  testTimeout: 120_000,
};
