const common = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
};

const suite = (name, extra = {}) => ({
  displayName: name,
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...common,
  ...extra,
});

const withServers = {
  globalSetup: '<rootDir>/test/global/setup.ts',
  globalTeardown: '<rootDir>/test/global/teardown.ts',
};

export default {
  testSequencer: '<rootDir>/test/global/sequencer.mjs',
  // Where npm ci leaves nothing of an older version; the tests' own directories may be in memory.
  cacheDirectory: '<rootDir>/node_modules/.cache/jest',
  // A guard against what hangs, not a measure of speed: machines that run tests are busy.
  testTimeout: 480_000,
  // Modules of test files stay in a worker's memory for good, and the larger it is, the longer it takes to start a process.
  workerIdleMemoryLimit: '250MB',
  projects: [
    suite('unit'),
    suite('laws', withServers),
    suite('integration', withServers),
    suite('faults', withServers),
  ],
};
