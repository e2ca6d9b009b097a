import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Help } from 'commander';
import { commands } from '../../../cli/commands/index.ts';
import { connectTemporal, temporalSettings } from '../../../cli/connect.ts';
import { policyTemplate } from '../../../policy/index.ts';
import { everyCommand, holdfast } from '../../support/cli.ts';

const every = await everyCommand();
let directory: string;
let badPolicy: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-cli-'));
  badPolicy = join(directory, 'bad.yaml');
  await writeFile(badPolicy, policyTemplate().replace('organization:', 'organisation:'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

describe('the command line', () => {
  it('has these commands', () => {
    expect(every.map(([words]) => words)).toEqual([
      'init',
      'validate',
      'doctor',
      'plan',
      'apply',
      'worker',
      'dev',
      'status',
      'alerts list',
      'alerts test',
      'backup run',
      'backup list',
      'backup show',
      'backup verify',
      'backup hold',
      'backup release',
      'restore',
      'restore-test run',
      'restore-test list',
      'restore-test show',
      'switch approve',
      'switch sign',
      'switch cancel',
      'switch list',
      'switch show',
      'refresh run',
      'refresh list',
      'retention preview',
      'retention run',
      'retention confirm',
      'repository fill',
      'repository attached',
      'repository detached',
      'repository lifecycle',
      'repository sweep',
      'deletion request',
      'deletion approve',
      'deletion sign',
      'deletion cancel',
      'deletion list',
      'deletion show',
      'failover start',
      'failover status',
      'failover approve',
      'failover reject',
      'failover complete',
      'failover choose',
      'failover skip',
      'failover retry',
      'failover abort',
      'failover note',
      'failover take-over',
      'failover degrade',
      'failover outcome',
      'failover communicate',
      'failover sign',
      'failover list',
      'drill run',
      'drill list',
      'followup list',
      'followup add',
      'followup move',
      'followup assign',
      'followup close',
      'followup restore',
      'recover',
      'runbook list',
      'runbook check',
      'runbook print',
      'check 3-2-1',
      'check health',
      'audit list',
      'audit verify',
      'evidence list',
      'evidence show',
      'evidence verify',
      'evidence export',
      'report audit',
      'report bcp',
      'report review',
      'report compliance',
      'report checklist',
      'completion',
      'schema',
    ]);
  });

  it('tells of each what it takes, before its file is loaded', () => {
    const [[, first] = []] = every;
    const whole = first?.parent?.commands.map((command) => new Help().subcommandTerm(command));
    expect(commands.map(({ name, takes = '' }) => `${name} ${takes}`.trimEnd())).toEqual(whole);
  });

  it.each(every.map(([words]) => [words]))('%s --help shows examples that it takes', async (words) => {
    const { code, stdout, stderr } = await holdfast([...words.split(' '), '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [, shown = ''] = stdout.split('Examples:\n');
    expect(shown).toContain(`$ holdfast ${words}`);
    expect(stdout).toContain('--json');
  });

  it.each([
    [['plna'], "Unknown command 'plna'. Did you mean plan?"],
    [['plan', '--chekc'], "Unknown option '--chekc'. Did you mean --check?"],
    [['backup', 'shwo'], "Unknown command 'shwo'. Did you mean show?"],
    [['backup', 'run'], "Missing required argument 'plan'."],
    [['worker'], "Required option '--zone <zone>' not specified."],
    [['completion', 'csh'], 'Allowed choices are bash, zsh, fish.'],
    [['backup', 'list', '--limit', '0'], 'Write a whole number from 1.'],
    [['restore', 'latest:shop'], 'A restore goes into a scratch place, never over live data.'],
    [['restore', 'newest', '--into-scratch'], '"newest" does not name a backup.'],
    [['restore', 'latest:shop', '--into-scratch', '--keep', 'long'], 'Write a duration such as 90s'],
  ])('%j is wrong usage: exit 2 and a sentence', async (args, sentence) => {
    const { code, stdout, stderr } = await holdfast(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(sentence);
  });

  it('tells the defaults of durations as people write them', async () => {
    const options = (await everyCommand()).flatMap(([, command]) => command.options);
    const durations = options.filter(
      ({ flags, defaultValue }) => flags.includes('<duration>') && defaultValue !== undefined,
    );
    expect(durations.map(({ defaultValueDescription }) => defaultValueDescription)).toEqual([
      'not at all',
      '1d',
    ]);
  });

  it('shows help and exits 2 when no command is given', async () => {
    const { code, stderr } = await holdfast([]);
    expect(code).toBe(2);
    expect(stderr).toContain('Usage: holdfast');
  });

  it('tells an error as a document with --json', async () => {
    const { code, stdout } = await holdfast(['plna', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'bad-usage',
        message: "Unknown command 'plna'. Did you mean plan?",
        hint: 'Add --help to see what the command takes.',
      },
    });
  });

  it.each([['validate'], ['plan'], ['apply'], ['status'], ['doctor']])(
    '%s names file, line and column of a bad policy, and exits 2',
    async (command) => {
      const { code, stderr } = await holdfast([command, '--policy', badPolicy]);
      expect(code).toBe(2);
      expect(stderr).toContain(`${badPolicy}:4:1  organisation  `);
      expect(stderr).toContain('organization');
    },
  );

  it('takes the policy file from HOLDFAST_POLICY, and gives its problems as a document', async () => {
    const { code, stdout } = await holdfast(['validate', '--json'], { env: { HOLDFAST_POLICY: badPolicy } });
    expect(code).toBe(2);
    const { error } = JSON.parse(stdout);
    expect(error.code).toBe('bad-policy');
    expect(error.problems).toContainEqual(expect.objectContaining({ file: badPolicy, line: 4, column: 1 }));
  });

  it('says why a policy file can not be read', async () => {
    const missing = await holdfast(['validate', '--policy', join(directory, 'none.yaml')]);
    expect(missing).toMatchObject({ code: 2, stdout: '' });
    expect(missing.stderr).toMatch(/none\.yaml can't be read: there is no such file/);
    const wrong = await holdfast(['validate', '--policy', directory]);
    expect(wrong).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("can't be read: it is a directory."),
    });
  });

  it('writes a policy once, and replaces it only with --force', async () => {
    const file = join(directory, 'new.yaml');
    expect(await holdfast(['init', '--policy', file])).toMatchObject({ code: 0 });
    expect(await readFile(file, 'utf8')).toBe(policyTemplate());
    await writeFile(file, 'mine');
    const again = await holdfast(['init', '--policy', file]);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('exists already') });
    expect(await readFile(file, 'utf8')).toBe('mine');
    expect(await holdfast(['init', '--policy', file, '--force'])).toMatchObject({ code: 0 });
  });

  it('says what to do when no Temporal answers', async () => {
    const connecting = connectTemporal({ TEMPORAL_ADDRESS: '127.0.0.1:1' });
    await expect(connecting).rejects.toMatchObject({
      code: 'unreachable',
      message: 'No Temporal server answers at 127.0.0.1:1.',
      hint: 'Start one with `holdfast dev`, or set TEMPORAL_ADDRESS.',
    });
  });

  it('says what is wrong with the settings for Temporal', () => {
    expect(() => temporalSettings({ TEMPORAL_PROFILE: 'none', TEMPORAL_CONFIG_FILE: badPolicy })).toThrow(
      "The settings for Temporal can't be read",
    );
  });

  it('prints no escape codes where NO_COLOR is set or nobody watches', async () => {
    const watched = await holdfast(['completion', 'bash'], { terminal: true, env: { NO_COLOR: '1' } });
    expect(watched.stdout).not.toContain('\u001b');
  });
});
