// Plain JavaScript: the types of @jest/test-sequencer don't describe what Node imports from it.
import TestSequencer from '@jest/test-sequencer';

/**
 * Suites of real processes, in the order of what they take: minutes, most of it spent on waiting for a server to be away
 * or a killed process's lease to run out. They begin first, and the many short ones fill what they leave idle; begun
 * last, they would be waited for alone.
 */
const LONG = [
  /tests\/faults\/crashes-and-outages/,
  /broker-outage/,
  /tests\/e2e\/directory-day/,
  /tests\/faults\//,
  /consumer-lifecycle|import-lifecycle/,
  /\/stops\.test/,
  /\/process\.test/,
  /tests\/e2e\//,
  /\/kill\.test/,
];

function rankOf(path) {
  const rank = LONG.findIndex((pattern) => pattern.test(path.replaceAll('\\', '/')));
  return rank === -1 ? LONG.length : rank;
}

/** Jest's own order (what failed or was slow the last time, then large files), but for the long suites. */
export default class LongestFirst extends TestSequencer {
  async sort(tests) {
    return (await super.sort(tests)).sort((a, b) => rankOf(a.path) - rankOf(b.path));
  }
}
