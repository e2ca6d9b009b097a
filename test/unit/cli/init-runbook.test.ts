import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { holdfast } from '../../support/cli.ts';
import { communicationsLeads, failoverWith } from '../policy/failover-support.ts';
import { smallest } from '../policy/support.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-init-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function policyFile(text: string): Promise<string> {
  const file = join(directory, 'holdfast.yaml');
  await writeFile(file, text);
  return file;
}

const init = (file: string, ...more: string[]) => holdfast(['init', '--policy', file, '--runbook', ...more]);

describe('init --runbook', () => {
  it('writes a runbook into a policy, which validate then counts', async () => {
    const file = await policyFile(failoverWith(...communicationsLeads));
    expect(await init(file, 'site-loss')).toMatchObject({
      code: 0,
      stdout: `Wrote runbook site-loss and a communication plan into ${file}.\nRead it with those who would follow it, then run: holdfast validate\n`,
    });
    expect(await holdfast(['validate', '--policy', file])).toMatchObject({
      code: 0,
      stdout: `${file} is valid: 1 plan, 2 runbooks.\n`,
    });
    const { stdout } = await holdfast(['validate', '--policy', file, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      plans: ['shop-daily'],
      runbooks: ['shop-failover', 'site-loss'],
    });
  });

  it('says with lines what it still asks for', async () => {
    const file = await policyFile(smallest);
    const { code, stdout } = await init(file, 'major-disruption');
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /holdfast\.yaml:\d+:\d+ {2}runbooks\.major-disruption\.steps\[3\]\.target {2}no such target/,
    );
    expect(stdout).toContain('Put in what it asks for, then run: holdfast validate');
    const json = await holdfast(['init', '--policy', file, '--runbook', 'backup-failure', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({
      written: file,
      runbook: 'backup-failure',
      problems: expect.any(Array),
    });
  });

  it('prints it with --stdout and leaves the policy as it was', async () => {
    const file = await policyFile(smallest);
    const { code, stdout } = await init(file, 'ransomware', '--stdout');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^runbooks:\n {2}# .*\n {2}ransomware:\n/);
    expect(await readFile(file, 'utf8')).toBe(smallest);
    const without = await init(join(directory, 'none.yaml'), 'ransomware', '--stdout');
    expect(without.stdout).toContain('plans: [shop-daily]');
  });

  it.each<[what: string, args: string[], sentence: string]>([
    ['a second time', ['site-loss'], 'The policy has a runbook of this name'],
    ['of an unknown name', ['site-los'], 'Did you mean site-loss?'],
    ['with --force', ['major-disruption', '--force'], 'cannot be used with'],
  ])('is refused %s, and the policy stays as it was', async (_what, args, sentence) => {
    const file = await policyFile(failoverWith());
    await init(file, 'site-loss');
    const before = await readFile(file, 'utf8');
    const { code, stderr } = await init(file, ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(sentence);
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  it('is refused where there is no policy, and --stdout without a runbook', async () => {
    const none = await init(join(directory, 'none.yaml'), 'site-loss');
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no policy') });
    const alone = await holdfast(['init', '--policy', join(directory, 'none.yaml'), '--stdout']);
    expect(alone).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --runbook NAME.') });
  });
});
