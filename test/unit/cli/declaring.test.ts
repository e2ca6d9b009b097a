import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chosen, disasterLines } from '../../../cli/declaring.ts';
import { loadPolicy } from '../../../policy/index.ts';
import { holdfast } from '../../support/cli.ts';
import { failoverWith } from '../policy/failover-support.ts';

let directory: string;
let file: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-declaring-'));
  file = join(directory, 'holdfast.yaml');
  const disasters = `disasters:
  site-loss: { runbook: shop-failover, say: fra is dark, tell: [operator] }
  flood: { runbook: shop-failover }
  slow-disk: { runbook: shop-failover, class: minor, roles: [dba] }
`;
  await writeFile(file, failoverWith(['people:\n', `${disasters}people:\n`]));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const start = (...args: string[]) => holdfast(['failover', 'start', '--policy', file, ...args]);
const by = ['--as', 'commander-1', '--reason', 'dark'];

describe('failover start', () => {
  it.each<[what: string, args: string[], ...sentences: string[]]>([
    [
      'nothing',
      [],
      'Say what happened',
      'the runbooks shop-failover',
      'slow-disk (minor, runbook shop-failover)',
    ],
    ['a runbook and a disaster', ['shop-failover', '--disaster', 'flood'], 'Say what happened'],
    ['a disaster that there is not', ['--disaster', 'flod'], 'no disaster "flod". Did you mean "flood"?'],
    ['a class that there is not', ['--class', 'grave'], 'There is no class grave', 'minor, major, critical'],
    ['a class of no disaster', ['--class', 'major'], 'The policy has no disaster of class major'],
    ['a class of several', ['--class', 'critical'], 'several disasters of class critical: site-loss, flood'],
  ])('with %s says what there is', async (_what, args, ...sentences) => {
    const { code, stderr } = await start(...args, ...by);
    expect(code).not.toBe(0);
    for (const sentence of sentences) expect(stderr).toContain(sentence);
  });

  it('shows whom a disaster calls', async () => {
    const { policy } = await loadPolicy(file);
    const { runbook, disaster } = chosen(policy, { class: 'minor' });
    expect([runbook.name, disaster?.name]).toEqual(['shop-failover', 'slow-disk']);
    const loss = policy.disasters['site-loss'];
    expect(loss === undefined ? [] : disasterLines(loss)).toEqual([
      'disaster site-loss (critical): fra is dark',
      '  calls incident-commander, dba (critical); tells operator',
    ]);
  });
});

describe('drill', () => {
  const drill = (...args: string[]) => holdfast(['drill', '--policy', file, ...args]);

  it('asks first what is rehearsed, then by whom', async () => {
    const bare = await drill();
    expect(bare.code).toBe(2);
    expect(bare.stderr).toContain('Say what is rehearsed: one runbook, or --disaster NAME.');
    expect(bare.stderr).toContain('The policy has the runbooks shop-failover.');
    const nobody = await drill('shop-failover');
    expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('Add --as NAME.') });
  });
});
