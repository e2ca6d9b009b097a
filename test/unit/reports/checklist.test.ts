import { describe, expect, it } from '@jest/globals';
import { dutiesOf, type KeyEnd } from '../../../cli/documents/duties.ts';
import { checklistMarkdown } from '../../../reports/checklist.ts';
import { everyCommand } from '../../support/cli.ts';
import { servedPolicy } from '../../support/served.ts';

const at = '2026-11-21T12:00:00.000Z';

async function duties(keys: KeyEnd[] = [], ...changes: [string, string][]) {
  const { policy } = await servedPolicy(...changes);
  return dutiesOf(policy, keys, at).map(({ who, period, what, command, due }) => ({
    ...{ who, period, what, command, due },
    line: `${who} ${period}: ${what}`,
  }));
}

const linesOf = async (...asked: Parameters<typeof duties>) =>
  (await duties(...asked)).map(({ line }) => line);

describe('a checklist', () => {
  it('has what each role of the policy does', async () => {
    const lines = await linesOf();
    expect(lines).toEqual(
      expect.arrayContaining([
        'operations daily: See that every plan has run, and what is wrong',
        'operations monthly: Verify the audit log, and keep its heads where nobody of the team can change them',
        'operations quarterly: Verify the evidence in offsite',
        'approver daily: Answer deletions that wait for an approval',
        'operator weekly: Attach safe when it is asked for (0 10 * * 6), and put it away afterwards',
        'incident-commander weekly: See that safe was attached: reminders come to you from the third on',
        'operator quarterly: Read your steps of shop-failover: cdn',
        'dba-1 quarterly: Look through the continuity plan of shop',
      ]),
    );
    expect(
      lines.some((line) => /^dba-1 quarterly: Hold the drill yearly \(full\) of shop-failover/.test(line)),
    ).toBe(true);
    expect(lines.join('\n')).not.toMatch(/Rehearse shop-failover|evidence in (log|safe)/);
  });

  it.each<[string, string, [string, string]]>([
    [
      'a runbook that no schedule rehearses',
      'incident-commander quarterly: Rehearse shop-failover: no schedule does',
      [
        '    drills:\n      yearly: { kind: full, schedule: "0 9 15 3 *", owner: dba-1, expect: [It answers] }\n',
        '',
      ],
    ],
    [
      'a plan that no schedule tests',
      'operations monthly: Test a backup of shop-daily: no schedule does',
      ['      schedule: { cron: "0 4 1 * *" }\n', ''],
    ],
    [
      'a plan whose review is overdue',
      'dba-1 weekly: Look through the continuity plan of shop: it is overdue',
      ['reviewed: 2026-11-01', 'reviewed: 2026-10-01'],
    ],
  ])('names %s', async (_name, line, change) => {
    expect(await linesOf()).not.toContain(line);
    expect(await linesOf([], change)).toContain(line);
  });

  it('has a key that ends, with the day, and this week when that is soon', async () => {
    const ends = (expires: string | null) => duties([{ key: 'databases', expires }]);
    const renew = async (expires: string | null) =>
      (await ends(expires)).find(({ what }) => what.includes('databases'));
    expect(await renew(null)).toBeUndefined();
    expect(await renew('2027-11-21T00:00:00.000Z')).toMatchObject({ period: 'quarterly', due: '2027-11-21' });
    expect(await renew('2026-11-25T00:00:00.000Z')).toMatchObject({ period: 'weekly', due: '2026-11-25' });
  });

  it('names no command that there is not', async () => {
    const known = (await everyCommand()).map(([words]) => words);
    const named = (await duties()).flatMap(({ command }) => command ?? []);
    expect(named.length).toBeGreaterThan(10);
    for (const command of named)
      expect(known.filter((words) => `${command} `.startsWith(`holdfast ${words} `))).toHaveLength(1);
  });

  it('tells no surprise of a drill', async () => {
    const lines = await linesOf(
      [],
      ['expect: [It answers] }', 'expect: [It answers], inject: [{ absent: dba-2 }] }'],
    );
    expect(lines.filter((line) => line.includes('yearly')).join('\n')).not.toMatch(/absent|dba-2/);
  });

  it('can be ticked on paper, and says what it could not see', async () => {
    const { policy } = await servedPolicy();
    const text = checklistMarkdown({
      organization: 'Example BV',
      policyHash: policy.hash,
      at,
      of: 'approver',
      duties: dutiesOf(policy, [], at).filter(({ who }) => who === 'approver'),
      waiting: [
        { who: 'approver', what: 'deletion/x: <b>old</b>', command: 'holdfast deletion show x', since: at },
      ],
      holders: { approver: ['dba-1', 'dba-2'] },
      exceptions: ['Which follow-ups wait could not be asked.'],
    });
    expect(text).toContain('# Checklist of approver');
    expect(text).toContain(
      '## approver\n\ndba-1, dba-2\n\n### Every day\n\n- [ ] Answer deletions that wait for an approval: `holdfast deletion list`',
    );
    expect(text).toContain('deletion/x: &lt;b>old&lt;/b>');
    expect(text).toContain('- Which follow-ups wait could not be asked.');
  });
});
