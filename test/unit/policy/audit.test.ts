import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems } from './support.ts';

const year = 366 * 86_400;

describe('the audit log', () => {
  it('has a repository of its own, and every other one that is online for a witness', async () => {
    const { policy } = await loadText(fullWith());
    expect(policy.audit).toMatchObject({
      organization: 'Example BV',
      repository: { name: 'log' },
      signingKeys: { fra: { file: '/etc/holdfast/signing' } },
    });
    expect(policy.audit?.witnesses.map(({ name }) => name)).toEqual(['local', 'offsite', 'archive']);
    expect(policy.plans['shop-daily']?.audit).toEqual(policy.audit);
  });

  it('is in a plan with the signing keys of its own zones only', async () => {
    const third = '  usa: { region: EU, site: us-1, signingKey: { env: USA } }\n';
    const { policy } = await loadText(fullWith(['signers:\n', `${third}signers:\n`]));
    expect(Object.keys(policy.audit?.signingKeys ?? {})).toEqual(['fra', 'usa']);
    expect(Object.keys(policy.plans['shop-daily']?.audit?.signingKeys ?? {})).toEqual(['fra']);
  });

  it('has in a plan only witnesses that the zone of its source reaches', async () => {
    const { policy } = await loadText(fullWith(['path: /backups, zone: fra', 'path: /backups, zone: ams']));
    expect(policy.audit?.witnesses.map(({ name }) => name)).toEqual(['local', 'offsite', 'archive']);
    const witnesses = policy.plans['shop-daily']?.audit?.witnesses;
    expect(witnesses?.map(({ name }) => name)).toEqual(['offsite', 'archive']);
  });

  it('is nowhere where the policy names none', async () => {
    const { policy } = await loadText(fullWith(['audit: { repository: log }\n', '']));
    expect(policy).not.toHaveProperty('audit');
    expect(policy.plans['shop-daily']).not.toHaveProperty('audit');
  });

  it.each<[string, number, [string, string][]]>([
    ['as long as the longest retention', 10 * year, [['yearly: 7y', 'yearly: 10y']]],
    ['as long as so many of the longest tier', 12 * year, [['yearly: 7y', 'yearly: keep 12']]],
    [
      'a year, where nothing is kept longer',
      year,
      [
        ['yearly: 7y', 'yearly: keep 1'],
        ['flat: 7y', 'flat: 1y'],
        ['monthly: 12m', 'monthly: 6m'],
      ],
    ],
    ['as long as it says', 3600, [['lock: governance', 'lock: { mode: governance, for: 1h }']]],
  ])('is locked %s', async (_name, seconds, changes) => {
    const { policy } = await loadText(fullWith(...changes));
    expect(policy.audit?.repository).toMatchObject({ lock: { for: seconds } });
    expect(policy.repositories.log).toMatchObject({ lock: { for: seconds } });
  });
});

describe('what is refused of the audit log', () => {
  it.each<[string, string, [string, string][]]>([
    [
      'a repository with copies',
      'plans.shop-daily.copies[1]  this repository holds the audit log, which is kept apart from the backups',
      [['{ repository: log }', '{ repository: offsite }']],
    ],
    [
      'a repository with promoted copies',
      'retention.gfs.storage.yearly.repository  this repository holds the audit log',
      [['{ repository: log }', '{ repository: archive }']],
    ],
    [
      'a place inside a repository',
      'repositories.log  this and repository offsite lie one inside the other',
      [['bucket: ge-log', 'bucket: ge-backups, prefix: log']],
    ],
    [
      'a repository that is not there',
      'audit.repository  no such repository; did you mean "log"?',
      [['{ repository: log }', '{ repository: logg }']],
    ],
    [
      'a zone that fills an air-gapped repository and has nothing to sign with',
      'zones.ams  what a person attaches in this zone is recorded in the audit log, and the zone has no signingKey; make one',
      [['path: /mnt/safe, zone: fra', 'path: /mnt/safe, zone: ams']],
    ],
    [
      'a directory that the zone of the source does not reach',
      'audit.repository  this directory is reached only in zone ams, and zone fra records too; name an S3 repository',
      [
        [
          '{ kind: s3, bucket: ge-log, region: nl-ams1, zone: ams, lock: governance }',
          '{ kind: filesystem, path: /log, zone: ams }',
        ],
      ],
    ],
    ['no repository', 'audit.repository  this is missing', [['{ repository: log }', '{}']]],
  ])('%s', async (_name, sentence, changes) => {
    const problems = await printedProblems(fullWith(...changes));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });

  it('is told also where the form of something else is wrong', async () => {
    const problems = await printedProblems(
      fullWith(['version: 1', 'version: 2'], ['{ repository: log }', '{ repository: offsite }']),
    );
    expect(problems).toEqual([
      expect.stringContaining('no such version'),
      expect.stringContaining('plans.shop-daily.copies[1]  this repository holds the audit log'),
    ]);
  });
});
