import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { alone } from '../setup/lock.mjs';
import { say, seconds } from '../setup/say.mjs';
import { run } from '../setup/shell.mjs';
import { bundleWorkflows } from './bundle.mjs';
import { copyAssets, filesOf, prune, stampOf } from './files.mjs';

const project = dirname(dirname(import.meta.dirname));
const dist = join(project, 'dist');
const stampFile = join(dist, '.stamp');

const folders = [
  'policy',
  'process',
  'repository',
  'sources',
  'retention',
  'checks',
  'workflows',
  'activities',
  'schedules',
  'workers',
  'reports',
  'cli',
  'tools',
];

/**
 * Compiles the project into dist/, with the workflow bundle; does nothing when nothing has changed.
 *
 * @throws {import('../setup/shell.mjs').SetupError} with the compiler's messages
 */
export async function build() {
  if (isCurrent()) return;
  await alone(async () => {
    if (isCurrent()) return;
    const start = performance.now();
    const sources = folders.flatMap((folder) => filesOf(project, folder));
    // Taken before compiling: a file saved meanwhile makes the next build run again.
    const stamp = currentStamp();
    rmSync(stampFile, { force: true });
    await run(
      join(project, 'node_modules', '.bin', 'tsc'),
      ['-p', 'tsconfig.build.json', '--pretty', 'false'],
      {
        cwd: project,
      },
    );
    copyAssets(
      project,
      sources.filter((file) => !file.startsWith('tools/')),
    );
    prune(project, folders);
    const program = join(dist, 'cli', 'main.js');
    if (existsSync(program)) chmodSync(program, 0o755);
    await bundleWorkflows(dist);
    writeFileSync(stampFile, stamp);
    say(`Built into dist/ (${seconds(start)}).`);
  });
}

function isCurrent() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === currentStamp();
}

function currentStamp() {
  const settings = ['tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
  return stampOf(project, [...folders.flatMap((folder) => filesOf(project, folder)), ...settings]);
}
