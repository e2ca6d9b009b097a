import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { run } from '../../process/index.ts';

/** A copy of the set-up alone, with a cache of its own, wheels of its own and tools that are small scripts. */
export type SetupCopy = {
  project: string;
  /** The directory that comes first on PATH. */
  bin: string;
  /** Where tools are kept; another one after each `freshCache`. */
  cache(): string;
  freshCache(): Promise<void>;
  program(name: string, script: string): Promise<void>;
  setup(...args: string[]): Promise<{ stdout: string; stderr: string; exitCode: number }>;
  /** The path of each tool that the last set-up found. */
  tools(): Promise<Record<string, string>>;
  /** Makes a wheel that holds one file, and gives its path. */
  wheel(file: string, path: string, content: string): Promise<string>;
  remove(): Promise<void>;
};

/** Its pins are ours but for the SDK's downloads: a test that wants one brings a server for it. */
export async function copySetup(): Promise<SetupCopy> {
  const project = await mkdtemp(join(tmpdir(), 'holdfast-setup-'));
  await chmod(project, 0o755);
  const bin = join(project, 'bin');
  for (const name of ['bin', 'wheels', 'node_modules', 'tools']) await mkdir(join(project, name));
  for (const name of ['setup', 'setup.mjs', 'main.mjs']) {
    await cp(resolve('tools', name), join(project, 'tools', name), { recursive: true });
  }
  const pins = JSON.parse(await readFile(resolve('tools', 'pins.json'), 'utf8'));
  for (const pin of Object.values<{ download?: unknown }>(pins)) delete pin.download;
  await writeFile(join(project, 'tools', 'pins.json'), JSON.stringify(pins));
  await writeFile(join(project, 'package-lock.json'), '{}');
  await writeFile(join(project, 'node_modules', '.package-lock.json'), '{}');
  let cache = '';
  const environment = () => ({
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    XDG_CACHE_HOME: cache,
    PIP_NO_INDEX: '1',
    PIP_FIND_LINKS: join(project, 'wheels'),
    PIP_CONFIG_FILE: '/dev/null',
  });
  const copy: SetupCopy = {
    project,
    bin,
    cache: () => join(cache, 'holdfast', 'tools'),
    async freshCache() {
      cache = await mkdtemp(join(project, 'cache-'));
      await chmod(cache, 0o755);
    },
    async program(name, script) {
      await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, name), 0o755);
    },
    async setup(...args) {
      const { stdout, stderr, exitCode } = await run(
        {
          command: process.execPath,
          args: [join(project, 'tools', 'setup.mjs'), ...args],
          env: environment(),
        },
        { okExitCodes: [0, 1] },
      );
      return { stdout, stderr, exitCode };
    },
    tools: async () => JSON.parse(await readFile(join(copy.cache(), 'tools.json'), 'utf8')).tools,
    async wheel(file, path, content) {
      const target = join(project, 'wheels', file);
      await run({ command: 'python3', args: ['-c', makeWheel, target, path, content] });
      return target;
    },
    remove: () => rm(project, { recursive: true }),
  };
  await copy.program('weed', 'echo version 8000GB 9.99 x');
  await copy.freshCache();
  return copy;
}

const makeWheel = `import sys, zipfile
from os.path import basename
file, path, content = sys.argv[1:]
with zipfile.ZipFile(file, 'w') as wheel:
    project, version, *_ = basename(file).split('-')
    info = f'{project}-{version}.dist-info'
    wheel.writestr(f'{info}/METADATA', f'Metadata-Version: 2.1\\nName: {project}\\nVersion: {version}\\n')
    wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-any\\n')
    wheel.writestr(f'{info}/RECORD', '')
    wheel.writestr(path, content)`;
