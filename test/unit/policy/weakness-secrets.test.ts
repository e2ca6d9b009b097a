import { describe, expect, it } from '@jest/globals';
import type { WeaknessId } from '../../../policy/weakness/index.ts';
import { fullWith, smallest, weaknesses } from './support.ts';

/** Both of one zone, for the secret must lie where the repository's workers are. */
const deletionKeyInLocal: [string, string][] = [
  ['path: /backups, zone: fra', 'path: /backups, zone: ams'],
  ['{ env: OFFSITE_DELETE }', '{ file: /backups/delete }'],
];

/** Changes to a policy without weakness, and the one weakness of keys and secrets that each makes. */
const cases: [id: WeaknessId, path: string, ...changes: [string, string][]][] = [
  [
    'same-credentials-delete',
    'repositories.offsite.deleteCredentials',
    ['{ env: OFFSITE_DELETE }', '{ env: OFFSITE }'],
  ],
  ['key-in-repository', 'repositories.offsite.deleteCredentials', ...deletionKeyInLocal],
  ['key-in-repository', 'zones.fra.signingKey', ['/etc/holdfast/signing', '/backups/signing']],
  ['key-in-repository', 'sources.shop.password', ['/run/secrets/shop', '/backups//keys/shop']],
  [
    'key-in-repository',
    'sources.shop.switch.password',
    ['user: backup,', 'user: backup, switch: { user: admin, password: { file: /backups/admin } },'],
  ],
  [
    'key-in-repository',
    'sources.shop.switch.resume.secrets.TOKEN',
    [
      'user: backup,',
      'user: backup, switch: { user: admin, quiesce: { run: [stop] }, resume: { run: [start], secrets: { TOKEN: { file: /backups/token } } } },',
    ],
  ],
  ['key-in-repository', 'plans.shop-daily.ping.url', ['/run/secrets/watcher', '/backups/watcher']],
  [
    'key-in-repository',
    'plans.shop-daily.restoreTest.command.secrets.TOKEN',
    [
      'pick: random',
      'command: { run: [smoke], secrets: { TOKEN: { file: /backups/token } } }\n      pick: random',
    ],
  ],
  ['key-in-repository', 'notifications.mail.password', ['{ env: MAIL }', '{ file: /backups/mail }']],
  ['key-in-repository', 'notifications.channels.chat.url', ['{ env: CHAT }', '{ file: /backups/chat }']],
  [
    'key-in-repository',
    'scratchServers.dev.password',
    [
      'people:',
      'scratchServers: { dev: { zone: fra, host: dev, user: dev, password: { file: /backups/dev } } }\npeople:',
    ],
  ],
];

describe('a weakness of keys and secrets', () => {
  it.each(cases)('%s is named at %s', async (id, path, ...changes) => {
    expect(await weaknesses(fullWith(...changes))).toEqual([`${path} ${id}`]);
  });

  it('key-opens-nowhere is named', async () => {
    const nowhere = fullWith(
      ['{ ams: { file: /run/secrets/databases.asc }, fra: { file: /run/secrets/fra.asc } }', '{}'],
      ['      schedule: { cron: "0 4 1 * *" }\n', ''],
    );
    expect(await weaknesses(nowhere)).toEqual([
      'keys.databases key-opens-nowhere',
      'plans.shop-daily no-restore-test',
    ]);
  });

  it('passphrase-key is named', async () => {
    const text = smallest.replace(
      /databases: \{ gpg.*\n/,
      () => 'databases: { passphrase: { home: { env: PASS } } }\n',
    );
    expect(await weaknesses(text)).toContain('keys.databases passphrase-key');
  });

  it('is none where a secret lies on another host, or beside a repository', async () => {
    expect(await weaknesses(fullWith(['/run/secrets/databases.asc', '/backups/databases.asc']))).toEqual([]);
    expect(await weaknesses(fullWith(['/run/secrets/shop', '/backups-keys/shop']))).toEqual([]);
  });
});
