import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { holdfast } from '../../support/cli.ts';
import { failoverWith } from '../policy/failover-support.ts';

let directory: string;
let policy: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-refused-'));
  policy = join(directory, 'holdfast.yaml');
  await writeFile(policy, failoverWith());
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const by = ['--as', 'dba-1'];
const noDay = '2027-31-31 is no day of the calendar. Write it as year-month-day, like 2026-12-01.';

const whoever = ['--as', 'whoever', '--reason', 'case 2026-17'];
const knowsNoWhoever = 'The policy knows no whoever among its people.';

it.each<[command: string, args: string[], sentence: string]>([
  [
    'restore-test run',
    ['shop-daily', '--backup', 'latest'],
    '"latest" is no id of a backup. Give one such as 20261121T010000Z-1a2b3c4d',
  ],
  ['followup add', ['drill/shop', 'mend it', ...by, '--owner', 'dba-1', '--due', '2027-31-31'], noDay],
  ['followup move', ['1a2b3c4d', ...by, '--reason', 'late', '--due', '2027-31-31'], noDay],
  [
    'failover note',
    ['shop', 'mend it', ...by, '--follow-up', '--owner', 'dba-1', '--due', '2027-31-31'],
    noDay,
  ],
  ['backup hold', ['20261121T010000Z-1a2b3c4d', ...whoever], knowsNoWhoever],
  ['backup release', ['20261121T010000Z-1a2b3c4d', ...whoever], knowsNoWhoever],
  ['retention run', ['shop-daily', '--as', 'whoever'], knowsNoWhoever],
  ['retention confirm', ['shop-daily', '--as', 'whoever'], knowsNoWhoever],
])('%s %j is refused before anybody is asked', async (command, args, sentence) => {
  const env = { TEMPORAL_ADDRESS: '127.0.0.1:1' };
  const { code, stdout, stderr } = await holdfast([...command.split(' '), ...args, '--policy', policy], {
    env,
  });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(sentence);
});

it('init says why it can not write, and what to do', async () => {
  const { code, stderr } = await holdfast(['init', '--policy', join(directory, 'none', 'holdfast.yaml')]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/can't be written: there is no such file or directory\. Name a file with --policy/);
});
