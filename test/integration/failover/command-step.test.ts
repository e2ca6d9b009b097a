import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { command } from '../../../activities/steps/command.ts';
import type { StepOf } from '../../../policy/resolved-failover.ts';
import type { PolicyCommand } from '../../../policy/resolved-proof.ts';
import { eventually } from '../../../tools/servers/index.ts';
import { aRun, aStep } from '../../support/steps.ts';
import { workAt } from '../../support/work.ts';

let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-command-step-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const sh = (script: string, more: Partial<PolicyCommand> = {}): PolicyCommand => ({
  run: ['bash', '-c', script],
  timeout: 30,
  secrets: {},
  ...more,
});

const step = (order: PolicyCommand, more: Partial<StepOf<'command'>> = {}): StepOf<'command'> => ({
  ...aStep('deploy'),
  do: 'command',
  command: order,
  ...more,
});

const isRunning = (pid: string) =>
  existsSync(`/proc/${pid.trim()}/exe`) || existsSync(`/proc/${pid.trim()}/fd/0`);

describe('a command step', () => {
  it('tells what it printed, and knows of which run and step it is', async () => {
    const order = sh('echo "$HOLDFAST_RUNBOOK $HOLDFAST_STEP $HOLDFAST_MODE $HOLDFAST_PART"; echo done >&2');
    const report = await command.carryOut(step(order), aRun(), workAt(home));
    expect(report.output).toContain('shop deploy real run');
    expect(report.output).toContain('done');
    expect(report.sentence).toMatch(/^The command bash ended with status 0 after \d+\.\d s\.$/);
    expect(report.exceptions).toEqual([]);
  });

  it('holds the end of megabytes of output, in 4 kB', async () => {
    const order = sh('head -c 80000000 /dev/zero | tr "\\0" "ü"; echo the end');
    const { output } = await command.carryOut(step(order), aRun(), workAt(home));
    expect(output).toMatch(/the end$/);
    expect(Buffer.byteLength(output ?? '')).toBeLessThanOrEqual(4096);
    expect(process.memoryUsage().external).toBeLessThan(80_000_000);
  });

  it('takes its secrets out of what it tells, wherever they are cut', async () => {
    const secret = 'correct-horse-battery-staple';
    const file = join(home, 'secret');
    await writeFile(file, `${secret}\n`);
    const secrets = { TOKEN: { file } };
    const spoken = sh('for i in $(seq 20000); do echo "x$TOKEN"; done; echo $TOKEN >&2; exit 3', { secrets });
    const failure = await command.carryOut(step(spoken), aRun(), workAt(home)).catch((error: Error) => error);
    expect(failure).toMatchObject({ code: 'process-failed' });
    expect(String(failure)).toContain('ended with exit status 3: ');
    expect(String(failure)).not.toMatch(/horse|staple|battery/);
    const quiet = sh('for i in $(seq 20000); do echo "x$TOKEN"; done', { secrets });
    const { output } = await command.carryOut(step(quiet), aRun(), workAt(home));
    expect(output).toContain('[redacted]');
    expect(output).not.toMatch(/horse|staple|battery/);
  });

  it('kills all that it started when its time is over, also what ignores SIGTERM', async () => {
    const pids = join(home, 'pids');
    const order = sh(
      `trap '' TERM HUP; echo $$ >> ${pids}; bash -c 'trap "" TERM; echo $$ >> ${pids}; echo hanging; sleep 600' & wait; sleep 600`,
      { timeout: 2 },
    );
    await expect(command.carryOut(step(order), aRun(), workAt(home))).rejects.toMatchObject({
      code: 'process-failed',
      message:
        'The command of deploy failed: bash did not end within 2 seconds, and was killed with all that it started.',
    });
    const started = (await readFile(pids, 'utf8')).trim().split('\n');
    expect(started).toHaveLength(2);
    await eventually(async () => expect(started.filter(isRunning)).toEqual([]), 10);
  });

  it('ends with the activity that is cancelled', async () => {
    const stop = new AbortController();
    const file = join(home, 'cancelled');
    const order = sh(`echo $$ > ${file}; sleep 600`);
    const done = command.carryOut(step(order), aRun(), workAt(home, stop.signal));
    const ended = expect(done).rejects.toMatchObject({ code: 'interrupted' });
    const pid = await eventually(async () => {
      const text = await readFile(file, 'utf8');
      expect(text).not.toBe('');
      return text;
    }, 10);
    stop.abort();
    await ended;
    await eventually(async () => expect(isRunning(pid)).toBe(false), 10);
  });

  it('runs nothing in a drill but the command for drills, and says so', async () => {
    const real = join(home, 'real');
    const drilled = join(home, 'drilled');
    const touching = sh(`touch ${real}`);
    const run = aRun({ mode: 'drill' });
    const parts = { check: touching, undo: touching };

    const bare = step(touching, parts);
    const simulated = await command.carryOut(bare, run, workAt(home));
    expect(simulated.exceptions).toEqual([
      'Simulated: in a drill nothing is run, since the step names no `drill` command.',
    ]);
    expect((await command.look(bare, run, workAt(home))).findings[0]?.outcome).toBe('not-checked');
    await command.check(bare, run, workAt(home));
    expect(await command.undo(bare, run, workAt(home))).toMatchObject({ outcome: 'nothing-to-undo' });

    const rehearsed = step(touching, { ...parts, drill: sh(`touch ${drilled}`) });
    expect((await command.carryOut(rehearsed, run, workAt(home))).exceptions).toEqual([]);
    expect((await command.check(rehearsed, run, workAt(home))).exceptions).toHaveLength(1);
    expect(await command.undo(rehearsed, run, workAt(home))).toMatchObject({ outcome: 'not-undoable' });
    expect([existsSync(drilled), existsSync(real)]).toEqual([true, false]);
  });

  it('is checked and taken back by the commands that the policy names', async () => {
    const file = join(home, 'deployed');
    const whole = step(sh(`touch ${file}`), { check: sh(`test -e ${file}`), undo: sh(`rm ${file}`) });
    await expect(command.check(whole, aRun(), workAt(home))).rejects.toThrow(
      'The `check` command of deploy failed',
    );
    await command.carryOut(whole, aRun(), workAt(home));
    await command.check(whole, aRun(), workAt(home));
    expect(await command.undo(whole, aRun(), workAt(home))).toMatchObject({ outcome: 'undone' });
    expect(existsSync(file)).toBe(false);
    expect(await command.undo(step(sh('true')), aRun(), workAt(home))).toMatchObject({
      outcome: 'not-undoable',
    });
  });

  it('is found to lack its program or its secrets before it is wanted', async () => {
    const lacking = step({ run: ['no-such-program'], timeout: 5, secrets: { T: { file: '/no/such/file' } } });
    const { findings } = await command.look(lacking, aRun(), workAt(home));
    expect(findings.map(({ outcome }) => outcome)).toEqual(['fault', 'fault']);
    expect(findings[0]?.sentence).toContain('no-such-program is not installed on this worker');
    expect(findings[1]?.sentence).toContain("/no/such/file can't be read");
    const there = await command.look(step(sh('true')), aRun(), workAt(home));
    expect(there.findings.map(({ outcome }) => outcome)).toEqual(['ok']);
    await expect(
      command.carryOut(step({ run: ['no-such-program'], timeout: 5, secrets: {} }), aRun(), workAt(home)),
    ).rejects.toThrow('no-such-program is not installed on this worker');
  });
});
