import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { run } from '../../../process/index.ts';

const sh = (script: string) => ({ command: 'bash', args: ['-c', script] });

describe('running one command', () => {
  it('gives its output and takes its input', async () => {
    const result = await run(sh('cat; echo warned >&2'), { stdin: 'hello' });
    expect(result).toEqual({ stdout: 'hello', stderr: 'warned\n', exitCode: 0 });
  });

  it('fails with the tail of stderr and without the arguments', async () => {
    await expect(run(sh('echo "role is missing" >&2; exit 7 # in-the-arguments'))).rejects.toMatchObject({
      code: 'process-failed',
      message: 'bash ended with exit status 7: role is missing',
    });
  });

  it('lets the caller take another exit status for good', async () => {
    expect(await run(sh('exit 2'), { okExitCodes: [0, 2] })).toMatchObject({ exitCode: 2 });
  });

  it('reads messages in English, whatever the locale of the worker', async () => {
    const before = process.env.LC_ALL;
    process.env.LC_ALL = 'nl_NL.UTF-8';
    try {
      const { stdout } = await run({ command: 'env', args: [] });
      expect(stdout).toMatch(/^LANG=nl_NL\.UTF-8$/m);
      expect(stdout).toMatch(/^LC_MESSAGES=C$/m);
      expect(stdout).not.toMatch(/^LC_ALL=/m);
    } finally {
      if (before === undefined) delete process.env.LC_ALL;
      else process.env.LC_ALL = before;
    }
  });

  it('says that a tool is missing', async () => {
    await expect(run({ command: 'no-such-tool', args: [] })).rejects.toMatchObject({ code: 'tool-missing' });
  });

  it('refuses more output than it can hold', async () => {
    await expect(run(sh('head -c 80000000 /dev/zero'))).rejects.toThrow('more than 64 MiB');
  });

  it('ends the whole process group at the time limit', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-run-'));
    try {
      const script = `bash -c 'echo $$ > ${directory}/pid; exec sleep 60' & wait`;
      await expect(run(sh(script), { timeout: 0.5 })).rejects.toMatchObject({
        code: 'stalled',
        message: 'bash did not end within 0.5 seconds.',
      });
      const pid = readFileSync(join(directory, 'pid'), 'utf8').trim();
      while (existsSync(`/proc/${pid}`) && !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8')))
        await new Promise((resolve) => setImmediate(resolve));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('ends with the signal, also one that came before', async () => {
    await expect(run(sh('sleep 60'), { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'interrupted',
    });
    const abort = new AbortController();
    const running = run(sh('sleep 60'), { signal: abort.signal });
    abort.abort();
    await expect(running).rejects.toMatchObject({ code: 'interrupted' });
  });
});
