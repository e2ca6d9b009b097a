import { statSync } from 'node:fs';

/** Those that wait for the death of workers, and those that try every store with everything. */
const long = /\/test\/(faults\/|integration\/s3-store|laws\/1[23])/;

/** @typedef {{ path: string }} Test */

/** The longest first, also on a machine that has not seen them yet: else the last one runs alone for minutes. */
export default class LongestFirst {
  /** @param {Test[]} tests */
  sort(tests) {
    return tests
      .map((test) => ({ test, weight: (long.test(test.path) ? 1e9 : 0) + statSync(test.path).size }))
      .sort((one, other) => other.weight - one.weight)
      .map(({ test }) => test);
  }

  /** @param {Test[]} tests */
  shard(tests) {
    return tests;
  }

  /** @param {Test[]} tests */
  allFailedTests(tests) {
    return tests;
  }

  cacheResults() {}
}
