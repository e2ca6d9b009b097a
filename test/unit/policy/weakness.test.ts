import { describe, expect, it } from '@jest/globals';
import type { WeaknessId } from '../../../policy/weakness/index.ts';
import { fullWith, loadText, smallest, smallestWith, weaknesses } from './support.ts';

/** A zone that residency excludes, and the offsite copies in it. */
const overseas: [string, string][] = [
  ['signers:\n', '  usa: { region: US, site: us-1 }\nsigners:\n'],
  ['zone: ams, medium: object', 'zone: usa, medium: object'],
];

/** Changes to a policy without weakness, and the one weakness that each makes. */
const cases: [id: WeaknessId, path: string, ...changes: [string, string][]][] = [
  ['no-offsite-copy', 'plans.shop-daily.copies', ['zone: ams, medium', 'zone: fra, medium']],
  [
    'one-medium',
    'plans.shop-daily.copies',
    ['medium: disk', 'medium: object'],
    ['path: /mnt/safe', 'medium: object, path: /mnt/safe'],
  ],
  ['residency-broken', 'plans.shop-daily.copies[1]', ...overseas],
  [
    'residency-broken',
    'plans.shop-daily.copies[2]',
    ['signers:\n', '  usa: { region: US, site: us-1, signingKey: { env: USA } }\nsigners:\n'],
    ['/mnt/safe, zone: fra', '/mnt/safe, zone: usa'],
  ],
  [
    'residency-broken',
    'retention.gfs.storage.yearly.repository',
    ['signers:\n', '  usa: { region: US, site: us-1 }\nsigners:\n'],
    ['bucket: ge-archive, region: nl-ams1, zone: ams', 'bucket: ge-archive, region: nl-ams1, zone: usa'],
  ],
  ['no-immutable-copy', 'plans.shop-daily.copies', [', lock: compliance', ''], [', safe]', ']']],
  [
    'lock-shorter-than-retention',
    'plans.shop-daily.copies',
    ['lock: compliance', 'lock: { mode: compliance, for: 29d }'],
  ],
  [
    'lock-longer-than-retention',
    'plans.shop-daily.copies',
    ['lock: compliance', 'lock: { mode: compliance, for: 31d }'],
  ],
  [
    'lock-longer-than-retention',
    'plans.shop-daily.copies',
    ['lock: compliance', 'lock: { mode: compliance, for: 3000d }'],
    ['retention: gfs', 'retention: secrets'],
  ],
  ['tier-keeps-nothing-more', 'retention.gfs.weekly', ['weekly: 12w', 'weekly: 4w']],
  ['tier-keeps-nothing-more', 'retention.gfs.weekly', ['weekly: 12w', 'weekly: keep 4']],
  ['tier-keeps-nothing-more', 'retention.gfs.monthly', ['monthly: 12m', 'monthly: 12d']],
  ['tier-keeps-nothing-more', 'retention.gfs.daily', ['daily: 30d', 'hourly: 720h, daily: 30d']],
  ['anchor-unused', 'retention.gfs.anchors.weekly', ['weekly: 12w, ', '']],
  [
    'storage-class-unused',
    'plans.shop-daily.retention',
    ['[local, offsite, safe]', '[local, safe]'],
    ['/mnt/safe, zone: fra', '/mnt/safe, medium: tape, zone: ams'],
    ['site: nl-ams1 }', 'site: nl-ams1, signingKey: { env: AMS } }'],
  ],
  ['no-audit', 'audit', ['audit: { repository: log }\n', '']],
  ['audit-not-write-once', 'audit.repository', [', lock: governance', '']],
  [
    'audit-at-source-site',
    'audit.repository',
    ['zone: ams, lock: governance', 'zone: fra, lock: governance'],
  ],
  ['too-few-approvers', 'deletion.approvals', ['approvals: 2', 'approvals: 3']],
  [
    'too-few-approvers',
    'people',
    ['deletion: { approvals: 2, role: approver, delay: 24h, expires: 7d, signatures: signed }\n', ''],
    [', approver, operator]', ', operator]'],
  ],
  ['one-approval', 'deletion.approvals', ['approvals: 2', 'approvals: 1']],
  ['unsigned-approvals', 'deletion.signatures', ['signatures: signed', 'signatures: named']],
  ['short-delay', 'deletion.delay', ['delay: 24h', 'delay: 59m']],
  [
    'shared-email',
    'people.dba-1.email',
    ['dba-1: { roles: [dba, approver],', 'dba-1: { roles: [dba, approver], email: Commander-1@example.org,'],
  ],
  ['no-restore-test', 'plans.shop-daily', ['      schedule: { cron: "0 4 1 * *" }\n', '']],
  ['no-retention', 'plans.shop-daily', ['    retention: gfs\n', '']],
  ['rarer-than-rpo', 'plans.shop-daily.schedule', ['tier: standard', 'tier: critical']],
  ['rarer-than-rpo', 'plans.shop-daily.schedule', ['"0 2 * * *"', '"0 2 * * 1-5"']],
  ['deadline-longer-than-interval', 'plans.shop-daily.schedule', ['"0 2 * * *"', '"0 * * * *"']],
  ['unverified-connection', 'sources.shop.ssl', ['user: backup', 'user: backup, ssl: prefer']],
  ['unverified-connection', 'sources.shop.ssl', ['user: backup', 'user: backup, ssl: { mode: disable }']],
  ['no-fingerprint', 'plans.shop-daily', ['    key:', '    fingerprint: off\n    key:']],
  [
    'copies-never-tested',
    'plans.shop-daily.restoreTest',
    ['pick: random', 'from: [offsite]\n      pick: random'],
  ],
  ['copies-never-tested', 'plans.shop-daily.restoreTest', ['pick: random', 'zone: ams\n      pick: random']],
  ['below-copy-rule', 'plans.shop-daily.copies', ['"0 6 * * 1" }', '"0 6 * * 1", copies: 5 }']],
  ['below-copy-rule', 'plans.shop-daily.copies', ['"0 6 * * 1" }', '"0 6 * * 1", media: 3 }']],
  ['below-copy-rule', 'plans.shop-daily.copies', ['"0 6 * * 1" }', '"0 6 * * 1", offsite: 2 }']],
  [
    'scratch-on-live-server',
    'scratchServers.dev',
    ['people:', 'scratchServers: { dev: { zone: ams, host: DB.internal, user: dev } }\npeople:'],
  ],
  [
    'unmasked-refresh',
    'refreshes.dev.mask',
    [
      'people:',
      `scratchServers: { dev: { zone: ams, host: dev.internal, user: dev } }
refreshes: { dev: { plan: shop-daily, server: dev, database: dev, owner: dev, mask: none } }
people:`,
    ],
  ],
  [
    'unsigned-approvals',
    'sources.shop.switch.signatures',
    ['user: backup,', 'user: backup, switch: { user: admin, signatures: named },'],
  ],
  ['no-outside-watcher', 'plans', ['    ping: { url: { file: /run/secrets/watcher } }\n', '']],
  [
    'critical-not-routed',
    'notifications.routes',
    ['{ severity: critical,', '{ severity: warning,'],
    ['{ to: [ops] }', '{ severity: info, to: [ops] }'],
  ],
  [
    'critical-not-routed',
    'notifications.routes',
    ['{ severity: critical,', '{ roles: [dba],'],
    ['{ to: [ops] }', '{ severity: info, to: [ops] }'],
  ],
  [
    'channel-unused',
    'notifications.channels.chat',
    ['to: [ops, chat]', 'to: [ops]'],
    [', escalate: [{ after: 30m, to: [chat] }]', ''],
  ],
];

describe('a weakness', () => {
  it.each(cases)('%s is named at %s', async (id, path, ...changes) => {
    expect(await weaknesses(fullWith(...changes))).toEqual([`${path} ${id}`]);
  });

  it('has its line, and comes in the order of lines', async () => {
    const { weaknesses: found } = await loadText(smallest);
    expect(found.map(({ line, column, id }) => `${line}:${column} ${id}`)).toEqual([
      '1:1 no-audit',
      '1:1 nobody-alerted',
      '12:1 no-outside-watcher',
      '13:15 no-restore-test',
      '13:15 no-retention',
      '13:78 one-copy',
      '13:78 no-offsite-copy',
      '13:78 no-immutable-copy',
    ]);
  });

  it('of an entry on several lines is at its key', async () => {
    const { weaknesses: found } = await loadText(fullWith(['    retention: gfs\n', '']));
    expect(found.map(({ line, column }) => `${line}:${column}`)).toEqual(['32:3']);
  });

  it('one-copy comes with no offsite copy and no lock', async () => {
    expect(await weaknesses(fullWith(['[local, offsite, safe]', '[local]']))).toEqual([
      'plans.shop-daily.copies one-copy',
      'plans.shop-daily.copies no-offsite-copy',
      'plans.shop-daily.copies no-immutable-copy',
      'plans.shop-daily.retention storage-class-unused',
    ]);
  });

  it('nobody-alerted is named where no channel is', async () => {
    const [silent = ''] = fullWith().split('notifications:');
    expect(await weaknesses(silent)).toEqual(['notifications nobody-alerted']);
  });

  it('is none of a development server on which only a refreshed source lives', async () => {
    const text = fullWith(
      [
        'plans:\n',
        '  dev: { kind: postgres, zone: fra, host: dev.internal, database: dev, user: b }\nplans:\n',
      ],
      [
        'people:',
        `  dev-daily: { source: dev, schedule: "0 5 * * *", key: databases, copies: [local, offsite], retention: gfs, restoreTest: { schedule: "0 4 1 * *" } }
scratchServers: { dev: { zone: ams, host: dev.internal, user: dev } }
refreshes: { dev: { plan: shop-daily, server: dev, database: dev, owner: dev, mask: [select 1], then: dev-daily } }
people:`,
      ],
    );
    expect(await weaknesses(text)).toEqual([]);
  });

  it('audit-not-write-once is named of a directory, which lies where its source is', async () => {
    const bucket = '{ kind: s3, bucket: ge-log, region: nl-ams1, zone: ams, lock: governance }';
    expect(await weaknesses(fullWith([bucket, '{ kind: filesystem, path: /log, zone: fra }']))).toEqual([
      'audit.repository audit-not-write-once',
      'audit.repository audit-at-source-site',
    ]);
  });

  it('is none of a lock where an air-gapped copy protects as well', async () => {
    expect(await weaknesses(fullWith([', lock: compliance', '']))).toEqual([]);
  });

  it('is none of deletion where nobody could approve any', async () => {
    const operator = smallestWith('plans:', 'people: { ops: { roles: [operator] } }\nplans:');
    expect((await weaknesses(operator)).filter((weakness) => /people|deletion/.test(weakness))).toEqual([]);
  });

  it('source-without-plan is named', async () => {
    const second =
      '  idle: { kind: postgres, zone: home, host: localhost, database: idle, user: backup }\nplans:';
    expect(await weaknesses(smallestWith('plans:', second))).toContain('sources.idle source-without-plan');
  });

  it('is none where a connection stays on its host', async () => {
    const local = await weaknesses(smallestWith('user: backup', 'user: backup, ssl: disable'));
    expect(local.filter((weakness) => weakness.includes('connection'))).toEqual([]);
  });

  it('is serious where a rule of the team or the law is broken, and always says what to do', async () => {
    const { weaknesses: found } = await loadText(
      fullWith(
        ...overseas,
        ['/etc/holdfast/signing', '/backups/signing'],
        ['tier: standard', 'tier: critical'],
        [', lock: compliance', ''],
        [', safe]', ']'],
      ),
    );
    expect(found.map(({ id, severity }) => `${severity} ${id}`)).toEqual([
      'serious key-in-repository',
      'serious rarer-than-rpo',
      'advice no-immutable-copy',
      'serious residency-broken',
    ]);
    for (const { message, hint } of found)
      for (const sentence of [message, hint]) expect(sentence).toMatch(/^[A-Z].*\.$/);
  });
});
