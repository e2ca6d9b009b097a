import { describe, expect, it } from '@jest/globals';
import { asTheyWere, notedIn, thatHold, unclearIn } from '../../../cli/follow-ups-restored.ts';
import type { AuditLine, ChainVerification } from '../../../workflows/contract-audit.ts';
import type { FollowUp, FollowUpMessageName } from '../../../workflows/contract-follow-ups.ts';
import type { FoundRun } from '../../../workflows/contract-report.ts';
import { happeningOf, toldBy } from '../../../workflows/follow-ups-record.ts';

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

const [first, second] = [
  follow('a-1', '2026-11-21T10:00:00.000Z'),
  follow('b-1', '2026-11-22T10:00:00.000Z'),
];
const of = { runbook: 'shop', workflowId: 'drill/shop', mode: 'drill' as const };

it('takes what reports noted, oldest first, and what several repositories have once', () => {
  const reports = [run('2', [second]), run('1', [first]), run('2', [second]), {}];
  expect(notedIn(reports)).toEqual([
    { ...first, ...of, runId: '1' },
    { ...second, ...of, runId: '2' },
  ]);
});

const full: FollowUp = { ...first, ...of, runId: '1', changes: [], closed: null };
const { changes: _, closed: __, ...known } = full;

let count = 0;
function entry(
  name: FollowUpMessageName,
  what: Partial<FollowUp> = {},
  at = '2026-11-23T10:00:00.000Z',
): AuditLine {
  count += 1;
  const { key: ___, ...happening } = happeningOf(
    name,
    { ...full, ...what },
    {
      ...{ by: 'dba-1', sentence: 'It is so.', count },
    },
  );
  return {
    ...{
      id: String(count),
      zone: 'ams',
      seq: count,
      recordedAt: at,
      worker: 'w',
      workflowId: 'f',
      runId: 'r',
    },
    ...{ action: happening.action, subject: happening.subject, outcome: happening.outcome, at },
    facts: happening.facts ?? {},
  };
}

/** As earlier versions wrote them. */
const bare = (name: FollowUpMessageName, what: Partial<FollowUp> = {}): AuditLine => {
  const { facts: ___, ...line } = entry(name, what);
  return line;
};

describe('the audit log', () => {
  const noted = notedIn([run('1', [first])]);

  it('tells the owner and the day that a follow-up had last, however its entries are ordered', () => {
    const [moved, handed] = [
      entry('move', { due: '2027-01-15' }),
      entry('assign', { due: '2027-01-15', owner: 'ops-1' }),
    ];
    for (const lines of [
      [moved, handed],
      [handed, moved],
    ])
      expect(asTheyWere(noted, toldBy(lines))).toEqual([{ ...known, due: '2027-01-15', owner: 'ops-1' }]);
  });

  it('tells of those that were noted after a run, and of ends', () => {
    const lines = [entry('add', { id: 'later', notedAt: '2026-11-23T10:00:00.000Z' }), entry('close')];
    const told = toldBy(lines);
    expect(asTheyWere(noted, told).map(({ id }) => id)).toEqual(['a-1', 'later']);
    expect([...told.closed]).toEqual(['shop/a-1']);
    expect(unclearIn(noted, told)).toEqual([]);
  });

  it('that says too little is no guess', () => {
    const told = toldBy([bare('move'), bare('add', { id: 'later' })]);
    expect(asTheyWere(noted, told)).toEqual([known]);
    expect(unclearIn(noted, told).sort()).toEqual([
      'shop/a-1 is as it was noted: the audit log has follow-up.moved, and not with what.',
      'shop/later does not come back: the audit log has follow-up.added, and not what it is.',
    ]);
    expect(unclearIn(noted, toldBy([bare('add')]))).toEqual([]);
  });

  it('counts up to the first link that does not hold', () => {
    const lines = [entry('add'), entry('move', { due: '2027-01-15' })];
    const [kept, forged] = lines.map(({ seq }) => seq);
    const chain: ChainVerification = {
      ...{ zone: 'ams', outcome: 'failed', entries: 2, heads: 1, exceptions: [] },
      last: { seq: kept ?? 0, hash: 'a', recordedAt: '' },
      broken: { kind: 'change', seq: forged ?? 0, sentence: 'It was changed.' },
    };
    const verified = { exceptions: [], unreadable: [] };
    expect(thatHold(lines, { ...verified, chains: [chain] })).toEqual({
      lines: lines.slice(0, 1),
      exceptions: [expect.stringContaining(`does not hold from entry ${forged} on`)],
    });
    const whole: ChainVerification = { ...chain, outcome: 'passed', broken: null };
    expect(thatHold(lines, { ...verified, chains: [whole] })).toEqual({ lines, exceptions: [] });
    expect(thatHold(lines, { ...verified, chains: [] }).lines).toEqual([]);
  });
});
