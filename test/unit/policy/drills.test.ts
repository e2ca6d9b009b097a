import { describe, expect, it } from '@jest/globals';
import type { ResolvedRunbook } from '../../../policy/resolved-failover.ts';
import { type Change, expectRefusal, failoverWith, type Refusal, refused, step } from './failover-support.ts';
import { loadText } from './support.ts';

/** The runbook with a drill of that text. */
const drill = (written: string): Change => [
  '    class: critical\n',
  `    class: critical\n    drills:\n      quarterly: { ${written} }\n`,
];

const right =
  'kind: full, schedule: "0 10 1 */3 *", owner: commander-1, expect: ["The shop answers within 10 minutes"]';
const withOut = (piece: string) => right.replace(piece, '');
const at = 'runbooks.shop-failover.drills.quarterly';

async function runbookWith(...changes: Change[]): Promise<ResolvedRunbook> {
  const { policy } = await loadText(failoverWith(...changes));
  const runbook = policy.runbooks['shop-failover'];
  if (runbook === undefined) throw new Error('no runbook');
  return runbook;
}

describe('drills of a runbook', () => {
  it('have a week of notice, a day, and nothing that goes wrong, unless they say otherwise', async () => {
    expect((await runbookWith(drill(right))).drills).toEqual([
      {
        ...{ name: 'quarterly', kind: 'full', mode: 'drill', notice: 604_800, owner: 'commander-1' },
        schedule: { cron: '0 10 1 */3 *', jitter: 0, deadline: 86_400, catchup: 3600, paused: false },
        expect: ['The shop answers within 10 minutes'],
        inject: [],
      },
    ]);
  });

  it('are walked through where they are tabletops', async () => {
    const [rule] = (await runbookWith(drill(right.replace('full', 'tabletop')))).drills;
    expect(rule).toMatchObject({ kind: 'tabletop', mode: 'tabletop' });
    expect(rule).not.toHaveProperty('steps');
  });

  it('rehearse what deals with backups, or the steps named with those of a service', async () => {
    const kinds = [
      right.replace('full', 'restore'),
      `${right.replace('full', 'partial')}, steps: [promote, dns]`,
    ];
    const rules = await Promise.all(kinds.map(async (kind) => (await runbookWith(drill(kind))).drills[0]));
    expect(rules.map((rule) => rule?.steps)).toEqual([['backups'], ['promote', 'dns']]);
    const included = await runbookWith(
      drill(`${right.replace('full', 'partial')}, steps: [web]`),
      [
        'runbooks:\n',
        'runbooks:\n  page: { steps: [{ id: look, do: http.check, url: "https://a.example.org/" }] }\n',
      ],
      step('id: web, do: runbook, runbook: page, needs: [dns]'),
    );
    expect(included.drills[0]?.steps).toEqual(['web/look']);
  });

  it('say what goes wrong, which changes nothing of the version', async () => {
    const surprised = await runbookWith(drill(`${right}, inject: [{ fail: promote }, { absent: dba-1 }]`));
    expect(surprised.drills[0]?.inject).toEqual([
      { step: 'promote', what: 'fail' },
      { person: 'dba-1', what: 'absent' },
    ]);
    expect(surprised.version).toBe((await runbookWith()).version);
  });

  it.each<Refusal>([
    [
      'an owner who is nobody',
      `${at}.owner  no such person; did you mean "commander-1"?`,
      'quarterly',
      drill(right.replace('commander-1', 'comander-1')),
    ],
    [
      'nothing expected',
      `${at}.expect  this list is empty; write what should come out, before it is held`,
      'quarterly',
      drill(right.replace('["The shop answers within 10 minutes"]', '[]')),
    ],
    [
      'a mode of its own',
      `${at}.mode  unknown key; the mode follows from the kind`,
      'quarterly',
      drill(`${right}, mode: drill`),
    ],
    [
      'a notice of less than a week',
      `${at}.notice  this duration is too short`,
      'quarterly',
      drill(`${right}, notice: 6d`),
    ],
    [
      'one that comes oftener than its notice',
      `${at}.schedule  it comes again after 1d, and those concerned are told 7d before; let it come less often`,
      'quarterly',
      drill(right.replace('0 10 1 */3 *', '0 10 * * *')),
    ],
    [
      'a schedule that is none',
      `${at}.schedule`,
      'quarterly',
      drill(right.replace('0 10 1 */3 *', '@daily')),
    ],
    [
      'a failure of no step, with the nearest one',
      `${at}.inject[0].fail  no such step in this runbook; did you mean "promote"?`,
      'quarterly',
      drill(`${right}, inject: [{ fail: promot }]`),
    ],
    [
      'a failure of a step that is not rehearsed',
      `${at}.inject[0].fail  this drill does not rehearse this step`,
      'quarterly',
      drill(`${right.replace('full', 'partial')}, steps: [dns], inject: [{ fail: promote }]`),
    ],
    [
      'the absence of nobody, with the nearest one',
      `${at}.inject[0].absent  no such person; did you mean "dba-1"?`,
      'quarterly',
      drill(`${right}, inject: [{ absent: dba-11 }]`),
    ],
    [
      'an absent owner',
      `${at}.inject[0].absent  the owner of a drill is there`,
      'quarterly',
      drill(`${right}, inject: [{ absent: commander-1 }]`),
    ],
    [
      'a surprise of two kinds',
      `${at}.inject[0]  this is no surprise; write { fail: STEP } or { absent: PERSON }`,
      'quarterly',
      drill(`${right}, inject: [{ fail: dns, absent: dba-1 }]`),
    ],
    [
      'a part that is not named',
      `${at}  this partial drill does not say what it rehearses; add \`steps\``,
      'quarterly',
      drill(right.replace('full', 'partial')),
    ],
    [
      'a part of what is whole',
      `${at}.steps  a full drill chooses its steps itself; remove this, or write kind: partial`,
      'quarterly',
      drill(`${right}, steps: [dns]`),
    ],
    [
      'a part that is no step, with the nearest one',
      `${at}.steps[0]  no such step in this runbook; did you mean "dns"?`,
      'quarterly',
      drill(`${right.replace('full', 'partial')}, steps: [dnss]`),
    ],
    [
      'an owner beside whom nobody may approve',
      `${at}.owner  nobody else holds the role incident-commander, so nobody could approve declare: who declares a drill approves nothing of it`,
      'quarterly',
      drill(right),
      [
        'dba-2: { roles: [dba, approver, operator, incident-commander]',
        'dba-2: { roles: [dba, approver, operator]',
      ],
    ],
    [
      'an absence that leaves nobody to approve',
      `${at}.owner  nobody else, those absent left aside, holds the role incident-commander`,
      'quarterly',
      drill(`${right}, inject: [{ absent: dba-2 }]`),
    ],
  ])('are refused with %s', (_what, said, line, ...changes) => expectRefusal(said, line, changes));

  it('are refused without an owner, and with a kind that there is not', async () => {
    const found = await refused(drill(withOut(', owner: commander-1').replace('full', 'yearly')));
    expect(found.map(({ said }) => said)).toEqual([
      expect.stringContaining(`${at}.owner  this is missing`),
      expect.stringContaining(`${at}.kind  expected restore, partial, full or tabletop`),
    ]);
  });

  it('are refused of a runbook without a backup, or that is only included', async () => {
    const without: Change = ['      - { id: backups, do: backups.verify, plans: [shop-daily] }\n', ''];
    const needless: Change = ['needs: [fence, backups], approve', 'needs: [fence], approve'];
    const found = await refused(drill(right.replace('full', 'restore')), without, needless);
    expect(found.map(({ said }) => said)).toEqual([
      expect.stringContaining(`${at}.kind  no step of this runbook deals with a backup`),
    ]);
    const part = await refused(
      [
        'runbooks:\n',
        `runbooks:\n  part:\n    parameters: { url: {} }\n    drills: { quarterly: { ${right} } }\n    steps: [{ id: look, do: http.check, url: "${['$', '{url}'].join('')}" }]\n`,
      ],
      step('id: web, do: runbook, runbook: part, with: { url: "https://a.example.org/" }, needs: [dns]'),
    );
    expect(part.map(({ said }) => said)).toEqual([
      expect.stringContaining('runbooks.part.drills.quarterly  this runbook has parameters without a value'),
    ]);
  });
});
