import { describe, expect, it } from '@jest/globals';
import { failoverMarkdown } from '../../../reports/failover.ts';
import type { FailoverReport } from '../../../workflows/contract-failover.ts';
import { openingState, withStep } from '../../../workflows/failover/state.ts';
import { command, failoverInput, runbook } from '../../support/runbooks.ts';

const declaredAt = '2026-11-21T10:00:00.000Z';
const endedAt = '2026-11-21T10:04:00.000Z';

function report(changes: Partial<FailoverReport> = {}): FailoverReport {
  const book = runbook([command('promote', ['true'], { phase: 'execute' })]);
  const opened = openingState(failoverInput(book), {
    workflowId: 'failover/shop',
    runId: 'run-1',
    declaredAt,
  });
  const { shown } = withStep(opened, 'promote', {
    state: 'passed',
    startedAt: declaredAt,
    endedAt,
    approvals: [{ by: 'dba-1', at: endedAt, key: 'SHA256:abc' }],
    hash: 'd'.repeat(64),
    sentences: ['It | was promoted <b>'],
    output: '| not | a table |\n# not a title',
  });
  return {
    ...shown,
    organization: 'Example BV',
    policyHash: 'e'.repeat(64),
    tier: 'critical',
    drill: null,
    endedAt,
    result: 'passed',
    rto: { target: 3600, measured: 240 },
    rpo: { target: 60, measured: 120 },
    undone: [],
    left: [],
    ...changes,
  };
}

describe('the report of a failover', () => {
  it('says who declared, led and approved with which key, what it took, and against what', () => {
    const text = failoverMarkdown(report());
    expect(text).toContain('# Failover shop-failover: passed');
    expect(text).toContain('by commander-1: the site is dark');
    expect(text).toContain('| promote | dba-1 | 2026-11-21T10:04:00.000Z | SHA256:abc | dddddddddddd |');
    expect(text).toMatch(/RTO \| 4m .*1h is met/);
    expect(text).toMatch(/RPO \| 2m .*1m is missed/);
    expect(text).toContain('## Exceptions\n\nNone.');
  });

  it('lets no output and no sentence turn into markup', () => {
    const text = failoverMarkdown(report());
    expect(text).toContain('    | not | a table |\n    # not a title');
    expect(text).toContain('It \\| was promoted &lt;b>');
  });

  it('lists exceptions, what was undone and what is left behind', () => {
    const text = failoverMarkdown(
      report({
        result: 'aborted',
        exceptions: ['ops-1 skipped cdn'],
        undone: ['dns: back'],
        left: ['promote: stays'],
      }),
    );
    for (const line of ['- ops-1 skipped cdn', '- dns: back', '- promote: stays'])
      expect(text).toContain(line);
  });

  it('of a rehearsal has what was expected, the surprises, and the last one beside it', () => {
    const text = failoverMarkdown(
      report({
        mode: 'drill',
        drill: {
          owner: 'commander-2',
          expect: ['It answers'],
          inject: [{ person: 'dba-1', what: 'absent' }],
        },
        lastDrill: {
          workflowId: 'drill/shop',
          mode: 'drill',
          version: 'a',
          at: declaredAt,
          result: 'passed',
          rto: 300,
          steps: { promote: 90 },
        },
      }),
    );
    expect(text).toContain('# Drill of shop-failover');
    expect(text).toContain('- It answers');
    expect(text).toContain('- dba-1 does not answer.');
    expect(text).toMatch(/\| promote \| ops \| passed \| 4m \| 1m 30s \|/);
  });

  it('says what came out of what was expected, and what is to be done', () => {
    const text = failoverMarkdown(
      report({
        mode: 'drill',
        drill: { owner: 'commander-2', expect: ['It answers', 'Quickly'], inject: [], verdict: 60 },
        expectations: [
          { text: 'It answers', came: 'yes', by: 'commander-2', at: endedAt, remark: 'at once' },
          { text: 'Quickly', came: null, by: null, at: null, remark: null },
        ],
        followUps: [
          {
            id: 'abcdef-1',
            text: 'lower | it',
            owner: 'ops-1',
            due: '2026-12-01',
            notedAt: endedAt,
            notedBy: 'ops-2',
          },
        ],
      }),
    );
    expect(text).toContain(`| It answers | yes | commander-2 at ${endedAt} | at once |`);
    expect(text).toContain('| Quickly | nobody said |  |  |');
    expect(text).toContain('## To be done');
    expect(text).toContain('| abcdef-1 | lower \\| it | ops-1 | 2026-12-01 | ops-2 |');
    expect(failoverMarkdown(report())).not.toContain('## To be done');
  });

  it('measures against the last rehearsal of the same kind, also of another version', () => {
    const before = {
      ...{ workflowId: 'drill/shop', mode: 'drill' as const, version: 'c'.repeat(64), at: declaredAt },
      ...{ result: 'passed' as const, rto: 300, steps: { promote: 90 } },
    };
    const text = failoverMarkdown(report({ before }));
    expect(text).toContain(
      `the drill of ${declaredAt}, version \`cccccccccccc\`, RTO 5m: this run was 1m shorter`,
    );
    expect(text).toMatch(/\| promote \| ops \| passed \| 4m \| 1m 30s \| 2m 30s longer \|/);
    expect(failoverMarkdown(report({ before: null }))).toContain('no rehearsal of this kind came to its end');
  });
});
