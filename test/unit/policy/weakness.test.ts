import { describe, expect, it } from '@jest/globals';
import type { WeaknessId } from '../../../policy/weakness/index.ts';
import { fullWith, loadText, smallest, smallestWith } from './support.ts';

async function weaknesses(text: string): Promise<string[]> {
  const { weaknesses: found } = await loadText(text);
  return found.map(({ id, path }) => `${path} ${id}`);
}

/** Changes to a policy without weakness, and the one weakness that each makes. */
const cases: [id: WeaknessId, path: string, ...changes: [string, string][]][] = [
  ['no-offsite-copy', 'plans.shop-daily.copies', ['site: nl-ams1', 'site: de-fra1']],
  [
    'one-medium',
    'plans.shop-daily.copies',
    ['medium: disk', 'medium: object'],
    ['path: /mnt/safe', 'medium: object, path: /mnt/safe'],
  ],
  ['residency-broken', 'plans.shop-daily.copies[1]', ['ams: { region: EU', 'ams: { region: US']],
  ['no-immutable-copy', 'plans.shop-daily.copies', [', lock: compliance', ''], [', safe]', ']']],
  [
    'lock-shorter-than-retention',
    'plans.shop-daily.copies',
    ['lock: compliance', 'lock: { mode: compliance, for: 29d }'],
  ],
  ['key-in-repository', 'zones.fra.signingKey', ['/etc/holdfast/signing', '/backups/signing']],
  ['key-in-repository', 'sources.shop.password', ['/run/secrets/shop', '/backups//keys/shop']],
  ['key-opens-nowhere', 'keys.databases', ['{ ams: { file: /run/secrets/databases.asc } }', '{}']],
  ['no-restore-test', 'plans.shop-daily', ['      schedule: { cron: "0 4 1 * *" }\n', '']],
  ['no-retention', 'plans.shop-daily', ['    retention: gfs\n', '']],
  ['rarer-than-rpo', 'plans.shop-daily.schedule', ['tier: standard', 'tier: critical']],
  ['rarer-than-rpo', 'plans.shop-daily.schedule', ['"0 2 * * *"', '"0 2 * * 1-5"']],
  ['deadline-longer-than-interval', 'plans.shop-daily.schedule', ['"0 2 * * *"', '"0 * * * *"']],
  ['unverified-connection', 'sources.shop.ssl', ['user: backup', 'user: backup, ssl: prefer']],
  ['unverified-connection', 'sources.shop.ssl', ['user: backup', 'user: backup, ssl: { mode: disable }']],
  ['no-fingerprint', 'plans.shop-daily', ['    key:', '    fingerprint: off\n    key:']],
];

describe('a weakness', () => {
  it.each(cases)('%s is named at %s', async (id, path, ...changes) => {
    expect(await weaknesses(fullWith(...changes))).toEqual([`${path} ${id}`]);
  });

  it('has its line, and comes in the order of lines', async () => {
    const { weaknesses: found } = await loadText(smallest);
    expect(found.map(({ line, column, id }) => `${line}:${column} ${id}`)).toEqual([
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
    ]);
  });

  it('passphrase-key is named', async () => {
    const text = smallest.replace(
      /databases: \{ gpg.*\n/,
      () => 'databases: { passphrase: { home: { env: PASS } } }\n',
    );
    expect(await weaknesses(text)).toContain('keys.databases passphrase-key');
  });

  it('source-without-plan is named', async () => {
    const second =
      '  idle: { kind: postgres, zone: home, host: localhost, database: idle, user: backup }\nplans:';
    expect(await weaknesses(smallestWith('plans:', second))).toContain('sources.idle source-without-plan');
  });

  it('is none where a secret lies on another host, or beside a repository', async () => {
    expect(await weaknesses(fullWith(['/run/secrets/databases.asc', '/backups/databases.asc']))).toEqual([]);
    expect(await weaknesses(fullWith(['/run/secrets/shop', '/backups-keys/shop']))).toEqual([]);
  });

  it('is none where a connection stays on its host', async () => {
    const local = await weaknesses(smallestWith('user: backup', 'user: backup, ssl: disable'));
    expect(local.filter((weakness) => weakness.includes('connection'))).toEqual([]);
  });

  it('is serious where a rule of the team or the law is broken, and always says what to do', async () => {
    const { weaknesses: found } = await loadText(
      fullWith(
        ['ams: { region: EU', 'ams: { region: US'],
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
