import { tmpdir } from 'node:os';
import { expect, it } from '@jest/globals';
import { smokeCommand } from '../../../activities/smoke-command.ts';
import type { Work } from '../../../activities/work.ts';

const work: Work = {
  zone: 'fra',
  signal: new AbortController().signal,
  directory: tmpdir(),
  secret: async () => 'tok-5f1c93aa',
  log: () => undefined,
  report: () => undefined,
};

const check = (run: string[], timeout = 60) =>
  smokeCommand(work, { run, timeout, secrets: { TOKEN: { env: 'TOKEN' } } }, { PGPASSWORD: 'pw-77aa01' });

it('passes when it ends with status 0', async () => {
  expect(await check(['true'])).toMatchObject({ check: 'command', outcome: 'passed' });
});

it('fails when it ends with another status, also one that shells give, and tells what it printed', async () => {
  const told = await check(['sh', '-c', 'echo "seen $TOKEN $PGPASSWORD"; exit 3']);
  expect(told).toMatchObject({
    outcome: 'failed',
    sentence: expect.stringMatching(/status 3: seen \[redacted\] \[redacted\]$/),
  });
  expect(await check(['sh', '-c', 'exit 127'])).toMatchObject({ outcome: 'failed' });
});

it.each<[string, string[], RegExp]>([
  ['was killed', ['sh', '-c', 'echo half; kill -KILL $$'], /was killed before its end: half$/],
  ['is not there', ['/nowhere/selftest'], /could not be started.*\/nowhere\/selftest/],
  ['may not be executed', ['/etc/passwd'], /could not be started.*\/etc\/passwd/],
  ['does not end in its time', ['sleep', '60'], /could not be run to its end: .*within 1 seconds/],
])('says nothing of the data when it %s', async (_what, argv, sentence) => {
  const told = await check(argv, 1);
  expect(told).toMatchObject({ outcome: 'not-checked', sentence: expect.stringMatching(sentence) });
});
