import { describe, expect, it } from '@jest/globals';
import type { StatusFacts } from '../../../cli/status/facts.ts';
import { wrongOf } from '../../../cli/status/wrong.ts';
import type { FollowUp } from '../../../workflows/contract-follow-ups.ts';
import { alerting, alertOf, documentOf, printed, proof } from '../../support/status.ts';
import { copiesOf, standingOf, surveyOf } from '../../support/surveys.ts';

describe('the status', () => {
  it('is well when nothing is wrong', () => {
    const document = documentOf(['crm', 'hr']);
    expect(document.well).toBe(true);
    expect(printed(document).at(-1)).toBe('All is well: 2 of 2 plans stand well.');
    expect(wrongOf(document)).toEqual([]);
  });

  it.each<[string, Partial<StatusFacts>]>([
    ['a plan has a fault', { standings: [standingOf('crm', { applied: false })] }],
    [
      'a repository can not be read',
      { surveys: [surveyOf('local', [copiesOf('crm')], { unreadable: 'It is gone.' })] },
    ],
    ['a repository was not asked', { surveys: [surveyOf('local', [copiesOf('crm')])] }],
    ['a zone is silent', { silentZones: ['ams'] }],
    ['an alert is open', alerting([alertOf({})])],
    [
      'a notification could not be delivered',
      alerting(
        [],
        [{ channel: 'mail', since: '2026-11-20T00:00:00.000Z', sentence: 'Nobody listens.', messages: 3 }],
      ),
    ],
  ])('is not well when %s', (_, changes) => {
    expect(documentOf(['crm'], changes).well).toBe(false);
  });

  it('stays well with an alert that only informs, and says so when nobody keeps alerts', () => {
    expect(documentOf(['crm'], alerting([alertOf({ severity: 'info' })])).well).toBe(true);
    const document = documentOf(['crm'], { alerts: null });
    expect(document.well).toBe(true);
    expect(wrongOf(document)).toEqual([
      { level: 'note', subjects: ['alerts'], sentence: expect.stringContaining('nobody keeps them') },
    ]);
  });

  it('says plainly of which plans nothing was ever restored', () => {
    const surveys = ['local', 'offsite'].map((name) => surveyOf(name, [copiesOf('crm')]));
    const document = documentOf(['crm'], { surveys });
    expect(printed(document).join('\n')).toMatch(/^crm .* never restored /m);
    expect(wrongOf(document)).toEqual([expect.objectContaining({ level: 'note', subjects: ['crm'] })]);
  });

  it('says from which repository nothing of a tested plan was ever restored, and stays well', () => {
    const proven = copiesOf('crm', { proven: proof, tested: { ...proof, result: 'passed' } });
    const document = documentOf(['crm'], {
      surveys: [surveyOf('local', [proven]), surveyOf('offsite', [copiesOf('crm')])],
    });
    expect(document.plans[0]?.places).toMatchObject([
      { repository: 'local', proven: proof },
      { repository: 'offsite', proven: null },
    ]);
    expect(document.well).toBe(true);
    expect(wrongOf(document)).toEqual([
      { level: 'note', subjects: ['crm in offsite'], sentence: 'never restored: no proof that it can be.' },
    ]);
  });

  it('tells the worst last, and the same sentence of many once', () => {
    const standings = ['crm', 'hr'].map((name) => standingOf(name, { applied: false }));
    const critical = alertOf({
      kind: 'copy-corrupt',
      severity: 'critical',
      sentence: 'It is not what was backed up.',
    });
    const wrong = wrongOf(documentOf(['crm', 'hr'], { standings, ...alerting([critical, alertOf({})]) }));
    expect(wrong.map(({ level, subjects }) => [level, ...subjects])).toEqual([
      ['warning', 'crm'],
      ['fault', 'crm', 'hr'],
      ['critical', 'crm'],
    ]);
  });

  it('does not repeat an alert about what it sees itself, and tells one that it does not see', () => {
    const old = alertOf({
      kind: 'no-worker',
      subject: 'local/crm',
      severity: 'critical',
      sentence: 'Alerted.',
    });
    const seen = documentOf(['crm'], {
      standings: [standingOf('crm', { applied: false })],
      ...alerting([old]),
    });
    expect(wrongOf(seen).map(({ sentence }) => sentence)).not.toContain('Alerted.');
    expect(wrongOf(documentOf(['crm'], alerting([old])))).toMatchObject([{ sentence: 'Alerted.' }]);
  });

  it('shows a thousand plans on one screen: sums, and those with faults', () => {
    const names = Array.from({ length: 1000 }, (_, index) => `a-plan-with-quite-a-long-name-${index}`);
    const standings = names.map((name, index) => standingOf(name, { applied: index !== 7 }));
    const document = documentOf(names, { standings });
    const lines = printed(document);
    expect(lines.length).toBeLessThan(20);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines[1]).toMatch(/^a-plan-with-quite-a-lon… .* fault$/);
    expect(lines.slice(2, 4).join(' ')).toContain('999 other plans stand well');
    expect(lines.at(-1)).toBe('Not all is well: 999 of 1,000 plans stand well.');
    expect(printed(document, { all: true }).length).toBeGreaterThan(1000);
  });

  it('does not let many faults push what is worst from the screen', () => {
    const names = Array.from({ length: 100 }, (_, index) => `plan-${index}`);
    const open = names.map((subject) => alertOf({ subject, sentence: `It is ${subject}.` }));
    const document = documentOf(
      names,
      alerting([...open, alertOf({ severity: 'critical', sentence: 'The worst.' })]),
    );
    const lines = printed(document);
    expect(lines.length).toBeLessThan(40);
    expect(lines.slice(-5).join('\n')).toContain('The worst.');
    expect(lines.join('\n')).toContain('81 more: holdfast status --all');
  });

  it('says how much is left to be done, and how much of it is overdue, which is no fault by itself', () => {
    const left = (id: string, due: string): FollowUp => ({
      ...{ id, due, runbook: 'shop', workflowId: 'drill/shop', runId: 'r', mode: 'drill', notedAt: '' },
      ...{ notedBy: 'one', text: 'x', owner: 'two', changes: [], closed: null },
    });
    const open = [left('a', '2026-11-20'), left('b', '2026-12-18')];
    const document = documentOf(['crm'], { followUps: { open } });
    expect(document).toMatchObject({ well: true, followUps: { open: 2, overdue: 1, next: '2026-11-20' } });
    expect(printed(document).join(' ')).toContain('2 open, 1 of them overdue, the first due 2026-11-20');
    expect(documentOf(['crm'], { followUps: { open: [] } }).followUps).toBeNull();
  });
});
