import { expect, it } from '@jest/globals';
import { notedIn } from '../../../cli/follow-ups-restored.ts';
import type { FoundRun } from '../../../workflows/contract-report.ts';

const follow = (id: string, notedAt: string) => ({
  ...{ id, notedAt, text: 'lower the TTL', owner: 'dba-1', due: '2026-12-18', notedBy: 'ops-1' },
});
const run = (runId: string, followUps: ReturnType<typeof follow>[]): { run: FoundRun } => ({
  run: {
    ...{ runbook: 'shop', mode: 'drill', kind: 'full', version: 'a', workflowId: 'drill/shop' },
    ...{ declaredAt: '2026-11-21T10:00:00.000Z', exceptions: 0 },
    ...{ rto: { target: null, measured: null }, rpo: { target: null, measured: null } },
    noted: { runId, followUps },
  },
});

it('takes what reports noted, oldest first, and what several repositories have once', () => {
  const [first, second] = [
    follow('a-1', '2026-11-21T10:00:00.000Z'),
    follow('b-1', '2026-11-22T10:00:00.000Z'),
  ];
  const reports = [run('2', [second]), run('1', [first]), run('2', [second]), {}];
  expect(notedIn(reports)).toEqual([
    { ...first, runbook: 'shop', workflowId: 'drill/shop', mode: 'drill', runId: '1' },
    { ...second, runbook: 'shop', workflowId: 'drill/shop', mode: 'drill', runId: '2' },
  ]);
});
