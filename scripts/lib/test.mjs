import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { NODE, REPOSITORY, run } from './process.mjs';

const RESULT = `${REPOSITORY}.data/test-result-${process.pid}.json`;

/**
 * Runs Jest with its usual output and closes with one line that a person or a script can read:
 * `1234 passed, 0 failed, 3 skipped`. A suite that can't be loaded counts as one failure.
 */
export async function runTests(args) {
  mkdirSync(`${REPOSITORY}.data`, { recursive: true });
  const options =
    `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim();
  const jest = ['node_modules/jest/bin/jest.js', '--json', `--outputFile=${RESULT}`, ...args];
  // With --json Jest prints the same JSON on its standard output; the report for people goes to standard error.
  const code = await run(NODE, jest, { stdio: ['inherit', 'ignore', 'inherit'], env: { NODE_OPTIONS: options } });
  let result;
  try {
    result = JSON.parse(readFileSync(RESULT, 'utf8'));
  } catch {
    console.log('0 passed, 1 failed, 0 skipped (the test run ended before it had a result)');
    return code || 1;
  }
  rmSync(RESULT, { force: true });
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  console.log(
    `${result.numPassedTests} passed, ${failed} failed, ${result.numPendingTests + result.numTodoTests} skipped`,
  );
  return code || (failed > 0 ? 1 : 0);
}
