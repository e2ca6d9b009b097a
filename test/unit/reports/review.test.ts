import { describe, expect, it } from '@jest/globals';
import { reviewedRunOf } from '../../../cli/documents/reviewed-run.ts';
import { type Review, type ReviewedRun, type ReviewedStep, reviewMarkdown } from '../../../reports/review.ts';
import { findingsOf } from '../../../reports/review-findings.ts';
import type { FailoverReport } from '../../../workflows/contract-failover.ts';
import { openingState } from '../../../workflows/failover/state.ts';
import { command, failoverInput, runbook } from '../../support/runbooks.ts';

const declaredAt = '2026-11-21T10:00:00.000Z';
const endedAt = '2026-11-21T10:10:00.000Z';

function step(id: string, seconds: number, changes: Partial<ReviewedStep> = {}): ReviewedStep {
  return {
    id,
    phase: 'execute',
    role: 'ops',
    state: 'passed',
    startedAt: declaredAt,
    endedAt: new Date(Date.parse(declaredAt) + seconds * 1000).toISOString(),
    attempts: 1,
    sentences: [],
    approvals: [],
    ...changes,
  };
}

function run(changes: Partial<ReviewedRun> = {}): ReviewedRun {
  return {
    runbook: 'shop-failover',
    version: 'a'.repeat(64),
    mode: 'real',
    class: 'major',
    result: 'passed',
    declaredBy: 'commander-1',
    declaredAt,
    endedAt,
    reason: 'the site is dark',
    commander: 'commander-2',
    signatures: 'signed',
    degraded: false,
    rto: { target: 3600, measured: 600 },
    rpo: { target: 60, measured: 5 },
    exceptions: [],
    undone: [],
    left: [],
    workflowId: 'failover/shop-failover',
    runId: 'run-1',
    events: [],
    refused: [],
    steps: [step('fence', 10), step('promote', 100)],
    lastDrill: { at: '2026-10-01T00:00:00.000Z', mode: 'drill', rto: 300, steps: { fence: 10, promote: 50 } },
    expectations: [],
    followUps: [],
    ...changes,
  };
}

const review = (changes: Partial<Review> = {}, of = run()): string =>
  reviewMarkdown({
    result: of.result,
    organization: 'Example BV',
    at: endedAt,
    person: 'commander-1',
    of: { path: 'failover/2026/11/x', sha256: 'f'.repeat(64), signedBy: 'ams' },
    run: of,
    findings: findingsOf(of),
    rootCause: null,
    actions: [],
    exceptions: [],
    ...changes,
  });

describe('what a run shows', () => {
  it('is that steps were slower than in the last rehearsal, by a tenth and a second', () => {
    const steps = [
      step('a', 10.9),
      step('b', 11),
      step('c', 130),
      step('d', 60),
      step('e', 5),
      step('f', 105),
      step('g', 1.5),
    ];
    const lastDrill = {
      at: '',
      mode: 'drill' as const,
      rto: null,
      steps: { a: 10, b: 9, c: 100, d: 59.5, f: 100, g: 0.9 },
    };
    expect(findingsOf(run({ steps, lastDrill })).slower).toEqual([
      { step: 'c', seconds: 130, before: 100 },
      { step: 'b', seconds: 11, before: 9 },
    ]);
  });

  it('is what went well', () => {
    const { wentWell, trouble } = findingsOf(
      run({ steps: [step('fence', 10, { sentences: ['It was stopped.'] })] }),
    );
    expect(trouble).toEqual([]);
    expect(wentWell).toEqual([
      'RTO was met: 10m of 1h.',
      'RPO was met: 5s of 1m.',
      '1 of 1 steps passed at the first attempt.',
      'Nothing was skipped, or taken on somebody’s word.',
      'This very version was rehearsed on 2026-10-01.',
      'No step was slower than in that rehearsal.',
      'Every message to the run was one that it could follow.',
    ]);
  });

  it('is what did not', () => {
    const bad = run({
      rto: { target: 300, measured: 600 },
      rpo: { target: 60, measured: null },
      exceptions: ['ops-1 skipped cdn'],
      refused: [{ at: endedAt, by: 'intern-1', step: 'promote', sentence: 'has not the role' }],
      left: ['promote: stays'],
      lastDrill: null,
      degraded: true,
      steps: [step('fence', 10, { attempts: 3 }), step('cdn', 0, { state: 'skipped', endedAt: null })],
      expectations: [{ text: 'It answers', came: 'no', remark: 'it timed out' }],
    });
    const { wentWell, trouble, toImprove } = findingsOf(bad);
    expect(trouble.map(({ step: id }) => id)).toEqual(['fence', 'cdn']);
    expect(wentWell).toEqual([]);
    for (const piece of [
      'RTO was missed by 5m. Longest were fence (10s).',
      'The loss of data was not measured',
      'had not been rehearsed',
      'fence needed 3 attempts',
      '1 things were not simply done',
      '1 messages were not followed',
      'is that side whole again?',
      'Expected, and did not come: It answers (it timed out)',
      'Still to be taken back by hand: promote: stays',
    ])
      expect(toImprove.join('\n')).toContain(piece);
  });
});

describe('a review', () => {
  it('says that nobody has said the root cause, and never makes one up', () => {
    expect(review()).toContain('## Root cause\n\nNobody has said it yet');
  });

  it('has what a person says as it was written, and no markup of theirs', () => {
    const text = review({ rootCause: 'The disk was full.\n\n# Not a title\n<script>alert(1)</script>' });
    expect(text).toContain('> The disk was full.\n>\n> # Not a title\n>\n> &lt;script>alert(1)&lt;/script>');
    expect(text).not.toContain('Nobody has said it yet');
  });

  it('has the timeline in order, with who said what', () => {
    const said = { at: '2026-11-21T10:00:05.000Z', by: 'commander-2', step: 'fence', sentence: 'approved' };
    const lines = review({}, run({ events: [said], steps: [step('fence', 10)] })).split('\n');
    const at = (piece: string) => lines.findIndex((line) => line.includes(piece));
    expect(at('declared it')).toBeGreaterThan(0);
    expect(at('declared it')).toBeLessThan(at('| commander-2 | fence | approved |'));
    expect(at('| commander-2 | fence | approved |')).toBeLessThan(at('|  | fence | passed |'));
    expect(at('|  | fence | passed |')).toBeLessThan(at('ended: passed'));
  });

  it('lists actions with who does them until when', () => {
    const action = { id: 'f1', text: 'Grow the disk', owner: 'ops-1', due: '2026-12-01', closed: null };
    expect(review({ actions: [action] })).toContain('| f1 | Grow the disk | ops-1 | 2026-12-01 | open |');
  });

  it('is made of a report as failovers sign it', () => {
    const book = runbook([command('promote', ['true'])]);
    const { shown } = openingState(failoverInput(book), { workflowId: 'failover/x', runId: 'r', declaredAt });
    const document: FailoverReport = {
      ...shown,
      ...{ organization: 'Example BV', policyHash: 'e', tier: null, drill: null, endedAt, result: 'aborted' },
      ...{ undone: [], left: [] },
    };
    const read = reviewedRunOf(JSON.parse(JSON.stringify({ document })));
    expect(read).toMatchObject({ runbook: 'shop-failover', result: 'aborted', steps: [{ id: 'promote' }] });
    expect(reviewedRunOf({ document: { ...document, rto: undefined } })).toBeNull();
  });
});
