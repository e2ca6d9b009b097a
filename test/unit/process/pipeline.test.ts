import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline as connect } from 'node:stream/promises';
import { describe, expect, it } from '@jest/globals';
import { type CommandSpec, startPipeline } from '../../../process/index.ts';

const sh = (script: string): CommandSpec => ({ command: 'bash', args: ['-c', script] });

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Whether a process runs; one that only waits for its parent to notice is gone. */
function alive(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
}

function commandLines(): string[] {
  const pids = readdirSync('/proc').filter((name) => /^[0-9]+$/.test(name) && alive(Number(name)));
  return pids.map((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    } catch {
      return '';
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a pipeline', () => {
  it('carries every byte through all its processes, in order', async () => {
    const { stdout, done } = startPipeline([sh('seq 1 200000'), sh('cat'), sh('cat')]);
    const [bytes, exits] = await Promise.all([collect(stdout), done]);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      createHash('sha256')
        .update(Array.from({ length: 200000 }, (_, i) => `${i + 1}\n`).join(''))
        .digest('hex'),
    );
    expect(exits.map((exit) => exit.command)).toEqual(['bash', 'bash', 'bash']);
  });

  it('keeps megabytes of stderr without a newline bounded, and all of stdout', async () => {
    const { stdout, done } = startPipeline([
      sh('head -c 20000000 /dev/zero | tr "\\0" x; head -c 20000000 /dev/zero | tr "\\0" e >&2'),
      sh('cat'),
    ]);
    const [bytes, exits] = await Promise.all([collect(stdout), done]);
    expect(bytes.length).toBe(20_000_000);
    expect(exits[0]?.stderr.length).toBe(64 * 1024);
  });

  it('feeds stdin with backpressure', async () => {
    let produced = 0;
    const source = Readable.from(
      (async function* () {
        for (let i = 0; i < 200; i += 1) {
          produced += 65_536;
          yield Buffer.alloc(65_536, i);
        }
      })(),
    );
    const { stdin, stdout, done } = startPipeline([sh('cat'), sh('cat')], { feed: true });
    if (stdin === null) throw new Error('no stdin');
    const fed = connect(source, stdin);
    let settled = 0;
    // Nobody reads stdout yet: the producer comes to rest far from its end.
    for (let last = -1; last !== produced || settled < 50; settled += 1) {
      if (last !== produced) settled = 0;
      last = produced;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(produced).toBeLessThan(200 * 65_536);
    const bytes = await collect(stdout);
    await Promise.all([fed, done]);
    expect(bytes.length).toBe(200 * 65_536);
  });

  it('says that the first process was killed', async () => {
    const started = startPipeline([sh('exec sleep 60'), sh('cat')]);
    process.kill(started.pids[0] ?? 0, 'SIGKILL');
    started.stdout.resume();
    await expect(started.done).rejects.toThrow('bash was killed by SIGKILL.');
  });

  it('names a missing tool, wherever it stands', async () => {
    for (const position of [0, 1, 2]) {
      const specs = [sh('yes'), sh('cat'), sh('cat')];
      specs[position] = { command: 'no-such-tool', args: [] };
      const { stdout, done, pids } = startPipeline(specs);
      stdout.resume();
      await expect(done).rejects.toMatchObject({
        code: 'tool-missing',
        message: 'no-such-tool is not installed on this worker, or not on its PATH.',
      });
      for (const pid of pids) if (pid !== undefined) expect(alive(pid)).toBe(false);
    }
  });

  it('leaves nothing running when a later process cannot even be started', async () => {
    const oversized = { command: 'cat', args: ['x'.repeat(5_000_000)] };
    let error: unknown;
    try {
      startPipeline([sh('exec sleep 61.25'), oversized]);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'process-failed', message: 'cat could not be started: E2BIG.' });
    await until(() => !commandLines().includes('sleep 61.25'));
  });

  it('ends every process group with the signal: grandchildren, and one that ignores SIGTERM', async () => {
    const abort = new AbortController();
    const started = startPipeline(
      [
        sh('trap "" TERM; bash -c \'trap "" TERM; echo $$; while :; do read -t 60 <> <(:); done\' & wait'),
        sh('cat'),
      ],
      { signal: abort.signal },
    );
    const grandchild = Number(
      await new Promise<string>((resolve) => started.stdout.once('data', (chunk) => resolve(String(chunk)))),
    );
    expect(alive(grandchild)).toBe(true);
    abort.abort();
    await expect(started.done).rejects.toMatchObject({ code: 'interrupted' });
    await until(() => !alive(grandchild));
    for (const pid of started.pids) expect(alive(pid ?? 0)).toBe(false);
  });

  it('starts nothing that survives when the signal is aborted already', async () => {
    const { done, stdout } = startPipeline([sh('sleep 60')], { signal: AbortSignal.abort() });
    stdout.resume();
    await expect(done).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('ends although a background process holds its output open', async () => {
    const { stdout, done } = startPipeline([sh('echo done; sleep 60 &')]);
    const [bytes] = await Promise.all([collect(stdout), done]);
    expect(bytes.toString()).toBe('done\n');
  });

  it("never runs the user's ~/.bashrc, although stdin is a socket", async () => {
    const home = mkdtempSync(join(tmpdir(), 'holdfast-home-'));
    try {
      writeFileSync(join(home, '.bashrc'), 'echo from bashrc');
      const script = { ...sh('cat; echo done'), env: { HOME: home } };
      const { stdin, stdout, done } = startPipeline([script], { feed: true });
      stdin?.end();
      const [bytes] = await Promise.all([collect(stdout), done]);
      expect(bytes.toString()).toBe('done\n');
    } finally {
      rmSync(home, { recursive: true });
    }
  });

  it('gives a process nothing of our environment but what it needs', async () => {
    process.env.HOLDFAST_TEST_SECRET = 'hunter2';
    try {
      const { stdout, done } = startPipeline([{ command: 'env', args: [], env: { GIVEN: 'yes' } }]);
      const text = String(await collect(stdout));
      await done;
      expect(text).toContain('GIVEN=yes');
      expect(text).not.toContain('hunter2');
    } finally {
      delete process.env.HOLDFAST_TEST_SECRET;
    }
  });
});
