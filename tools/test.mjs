import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from './build/build.mjs';
import { main } from './main.mjs';
import { installModules } from './setup/modules.mjs';
import { say } from './setup/say.mjs';
import { setup } from './setup/setup.mjs';
import { SetupError } from './setup/shell.mjs';

/** npm test [unit|laws|integration|faults]… [arguments for jest] */

const project = dirname(import.meta.dirname);
const suites = ['unit', 'laws', 'integration', 'faults'];

await main(async () => {
  const given = process.argv.slice(2);
  const chosen = given.filter((argument) => suites.includes(argument));
  const forJest = given.filter((argument) => !suites.includes(argument));
  const onlyUnit = chosen.length > 0 && chosen.every((suite) => suite === 'unit');
  if (onlyUnit) {
    await installModules(project);
  } else {
    await setup('test');
    await build();
  }
  await runAll(rounds(chosen, forJest), forJest);
});

/**
 * The whole suite runs the fast tests first and stops when they fail; a filter may match in any suite.
 *
 * @param {string[]} chosen
 * @param {string[]} forJest
 */
function rounds(chosen, forJest) {
  if (chosen.length > 0) return [chosen];
  return forJest.length > 0 ? [suites] : [['unit'], ['laws', 'integration', 'faults']];
}

/**
 * @param {string[][]} all
 * @param {string[]} forJest
 */
async function runAll(all, forJest) {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const round of all) {
    const result = await jest(round, forJest);
    sum.passed += result.passed;
    sum.failed += result.failed;
    sum.skipped += result.skipped;
    if (result.status === 0) continue;
    process.exitCode = 1;
    break;
  }
  say(`\n${sum.passed} passed, ${sum.failed} failed${sum.skipped > 0 ? `, ${sum.skipped} skipped` : ''}`);
}

/**
 * Tests with servers wait half of their time: for a heartbeat that stays away, for a timer.
 *
 * @param {string[]} projects
 */
function workersFor(projects) {
  const processors = availableParallelism();
  return projects.every((suite) => suite === 'unit') ? processors : processors * 2;
}

/**
 * @param {string[]} projects
 * @param {string[]} forJest
 * @returns {Promise<{ status: number | null, passed: number, failed: number, skipped: number }>}
 */
async function jest(projects, forJest) {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-test-'));
  const report = join(directory, 'report.json');
  try {
    const status = await runJest([
      `--maxWorkers=${workersFor(projects)}`,
      '--json',
      `--outputFile=${report}`,
      '--selectProjects',
      ...projects,
      // Ends the list of projects, so that a path after it is a path.
      '--passWithNoTests=false',
      ...forJest,
    ]);
    return { status, ...readReport(report) };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/**
 * @param {string[]} args
 * @returns {Promise<number | null>} exit status; null when a signal ended it
 */
function runJest(args) {
  const nodeOptions = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --no-warnings=ExperimentalWarning`;
  const program = join(project, 'node_modules', 'jest', 'bin', 'jest.js');
  return new Promise((resolve, reject) => {
    spawn(process.execPath, [...patience(), program, ...args], {
      cwd: project,
      stdio: ['inherit', 'ignore', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: nodeOptions },
    })
      .on('error', reject)
      .on('close', resolve);
  });
}

/**
 * Each test file loads its modules anew, and optimizing what runs a few times takes a fifth of the processors. Jest hands
 * this on to its workers. Node 24 waits longer by itself, and does not know the option.
 */
function patience() {
  const { stdout } = spawnSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });
  return stdout.includes('--interrupt-budget ') ? ['--interrupt-budget=1000000'] : [];
}

/** @param {string} file */
function readReport(file) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'));
    return {
      passed: report.numPassedTests,
      // A file that could not even be loaded has no tests to count, and is a failure all the same.
      failed: report.numFailedTests + report.numRuntimeErrorTestSuites,
      skipped: report.numPendingTests + report.numTodoTests,
    };
  } catch {
    throw new SetupError('Jest ended without a report: its message is above.');
  }
}
