import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems } from './support.ts';

const attached = `online: manual, schedule: "0 10 * * 6",
             attach: { role: operator, remind: 4h, escalate: incident-commander, patience: 7d }`;

describe('a repository that a person attaches', () => {
  it('is none of the copies that a backup makes, and stands apart in the plan', async () => {
    const { policy } = await loadText(fullWith());
    const plan = policy.plans['shop-daily'];
    expect(plan?.copies.map(({ name }) => name)).toEqual(['local', 'offsite']);
    expect(plan?.airgapped).toMatchObject([
      {
        name: 'safe',
        path: '/mnt/safe',
        manual: {
          schedule: { cron: '0 10 * * 6', deadline: 6 * 3600, paused: false },
          role: 'operator',
          remind: 4 * 3600,
          escalate: 'incident-commander',
          patience: 7 * 86_400,
        },
      },
    ]);
    expect(policy.repositories.safe).toEqual(plan?.airgapped?.[0]);
    expect(policy.repositories.local).not.toHaveProperty('manual');
  });

  it('is no part of a plan that does not name it', async () => {
    const { policy } = await loadText(fullWith([', safe]', ']']));
    expect(policy.plans['shop-daily']).not.toHaveProperty('airgapped');
  });

  it('needs only a role and a time', async () => {
    const { policy } = await loadText(
      fullWith([', remind: 4h, escalate: incident-commander, patience: 7d', '']),
    );
    const manual = policy.repositories.safe?.manual;
    expect(manual).toMatchObject({ role: 'operator', remind: 4 * 3600, patience: 7 * 86_400 });
    expect(manual).not.toHaveProperty('escalate');
  });

  it('may be a bucket', async () => {
    const { policy } = await loadText(
      fullWith([
        '  safe:    { kind: filesystem, path: /mnt/safe',
        '  safe:    { kind: s3, bucket: box, region: x',
      ]),
    );
    expect(policy.plans['shop-daily']?.airgapped).toMatchObject([
      { kind: 's3', manual: { role: 'operator' } },
    ]);
  });
});

describe('what is refused of it', () => {
  it.each<[string, string, [string, string][]]>([
    [
      'a plan with no other copy',
      'plans.shop-daily.copies  every copy waits for a person who attaches its repository',
      [['[local, offsite, safe]', '[safe]']],
    ],
    [
      'no schedule',
      'repositories.safe.schedule  this is missing; say when it is filled',
      [['schedule: "0 10 * * 6",', '']],
    ],
    [
      'nobody to ask',
      'repositories.safe.attach  this is missing; say who is asked, like attach: { role: operator }',
      [[attached, 'online: manual, schedule: "0 10 * * 6"']],
    ],
    [
      'a schedule of one that is online',
      'repositories.safe.schedule  this is only for a repository that a person attaches',
      [[attached, 'schedule: "0 10 * * 6"']],
    ],
    [
      'somebody to ask for one that is online',
      'repositories.safe.attach  this is only for a repository that a person attaches',
      [[attached, 'attach: { role: operator }']],
    ],
    [
      'reminders after the end',
      'repositories.safe.attach.remind  nobody would be reminded before `patience` ends',
      [['remind: 4h', 'remind: 7d']],
    ],
    [
      'another way to be online',
      'repositories.safe.online  expected always or manual',
      [['manual', 'manully']],
    ],
    [
      'promotion into it',
      'retention.gfs.storage.yearly.repository  this repository is attached by hand, and promotion waits for nobody',
      [['repository: archive, storageClass: DEEP_ARCHIVE', 'repository: safe']],
    ],
    [
      'the audit log in it',
      'audit.repository  this repository is attached by hand, and what happens is recorded at once',
      [
        ['{ repository: log }', '{ repository: safe }'],
        [', safe]', ']'],
      ],
    ],
  ])('%s', async (_name, sentence, changes) => {
    const problems = await printedProblems(fullWith(...changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });
});
