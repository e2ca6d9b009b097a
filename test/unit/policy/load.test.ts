import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { HoldfastError } from '../../../policy/errors.ts';
import { loadPolicy } from '../../../policy/load.ts';
import { lookUp } from '../../../policy/lookup.ts';
import { PolicyError } from '../../../policy/problem.ts';
import { policyTemplate } from '../../../policy/template.ts';
import {
  full,
  fullWith,
  keysDirectory,
  loadText,
  printedProblems,
  problemsOf,
  smallest,
  smallestWith,
} from './support.ts';

/** What docs/policy.md shows of policies, in its order. */
async function shownExamples(): Promise<string[]> {
  const page = await readFile(join(import.meta.dirname, '../../../docs/policy.md'), 'utf8');
  return [...page.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => text);
}

describe('a policy that is right', () => {
  it('loads when it is as small as can be, in 13 lines', async () => {
    expect(smallest.trim().split('\n')).toHaveLength(13);
    const { policy, source } = await loadText(smallest);
    expect(source).toBe(smallest);
    expect(policy.hash).toBe(createHash('sha256').update(smallest).digest('hex'));
    expect(policy.plans['shop-daily']).toMatchObject({
      format: 1,
      organization: 'Example BV',
      timezone: 'UTC',
      policyHash: policy.hash,
      source: { name: 'shop', host: 'localhost', port: 5432, ssl: { mode: 'prefer' }, lockTimeout: 60 },
      key: { kind: 'gpg', opens: { home: { file: '/run/secrets/databases.asc' } } },
      copies: [{ name: 'local', path: '/backups', site: 'home', medium: 'disk', keepFree: 2 ** 30 }],
      schedule: { cron: '0 2 * * *', jitter: 0, deadline: 21_600, catchup: 3600, paused: false },
      signingKeys: { home: { file: '/etc/holdfast/signing' } },
      stall: 120,
    });
  });

  it('loads in full', async () => {
    const { policy, weaknesses } = await loadText(full);
    expect(policy.plans['shop-daily']).toMatchObject({
      tier: { name: 'standard', rpo: 86_400, rto: 14_400 },
      source: { ssl: { mode: 'verify-full' }, fingerprint: 'counts' },
      copies: [
        { kind: 'filesystem' },
        { kind: 's3', lock: { mode: 'compliance', for: 30 * 86_400 }, prefix: '' },
      ],
      recent: { table: 'orders', column: 'created_at' },
      schedule: { jitter: 300, deadline: 7200 },
    });
    expect(weaknesses).toEqual([]);
  });

  it('loads with a byte order mark and with line ends of Windows', async () => {
    const { policy } = await loadText(`\uFEFF${smallest.replaceAll('\n', '\r\n')}`);
    expect(Object.keys(policy.plans)).toEqual(['shop-daily']);
    expect(await printedProblems(`\uFEFF${smallestWith('version: 1', 'version: 2')}`)).toEqual([
      'policy.yaml:1:10  version  no such version; write version: 1',
    ]);
    const misspelt = smallestWith('kind: filesystem', 'kid: filesystem').replaceAll('\n', '\r\n');
    expect(await printedProblems(`\uFEFF${misspelt}`)).toEqual([
      'policy.yaml:9:3  repositories.local.kind  the kind of this repository is missing; write kind: filesystem or s3',
    ]);
  });

  it('loads the template that init writes, once the keys that it names are there', async () => {
    const text = policyTemplate()
      .replace('keys/holdfast-main.pub', join(keysDirectory, 'worker.pub'))
      .replaceAll('keys/backups.asc', join(keysDirectory, 'databases.asc'));
    await expect(loadText(text)).resolves.toBeDefined();
    expect(await printedProblems(policyTemplate())).toHaveLength(2);
  });

  it('loads the template also with everything that stands in its comments', async () => {
    const uncommented = policyTemplate()
      .replaceAll(/^( *)# (?!yaml-language-server)( *[A-Za-z-]+:)(?= |$)/gm, '$1$2')
      .replace('keys/holdfast-main.pub', join(keysDirectory, 'worker.pub'))
      .replaceAll('keys/backups.asc', join(keysDirectory, 'databases.asc'))
      .replace('keys/alice.pub', join(keysDirectory, 'dba-1.pub'))
      .replace('keys/alice-yubikey.pub', join(keysDirectory, 'dba-1-yubikey.pub'))
      .replace('keys/bob.pub', join(keysDirectory, 'dba-2.pub'))
      .replace('keys/carol.pub', join(keysDirectory, 'dba-3.pub'))
      .replace('copies: [local]', 'copies: [local, offsite, safe]');
    const { policy, weaknesses } = await loadText(uncommented);
    expect(policy.people.map(({ name }) => name)).toEqual(['alice', 'bob', 'carol']);
    expect(policy.audit?.repository.name).toBe('audit-log');
    expect(policy.secondFactor).toEqual(['deletion']);
    expect(policy.deletion).toMatchObject({ approvals: 2, delay: 86_400 });
    expect(policy.plans['shop-daily']?.airgapped).toMatchObject([{ manual: { role: 'operator' } }]);
    expect(policy.plans['shop-daily']?.retention?.storage.monthly).toEqual({ storageClass: 'STANDARD_IA' });
    expect(weaknesses).toEqual([]);
  });

  it('loads what docs/policy.md begins with', async () => {
    const [whole = ''] = await shownExamples();
    const { policy } = await loadText(
      whole
        .replace('keys/fra.pub', join(keysDirectory, 'worker.pub'))
        .replace('keys/databases.pub.asc', join(keysDirectory, 'databases.asc')),
    );
    expect(Object.keys(policy.plans)).toEqual(['shop-daily']);
  });

  it("loads the example of docs/policy.md, without a weakness of what it's about", async () => {
    const [, keeping, proving] = await shownExamples();
    const example = `${keeping}${proving}`;
    const around = smallestWith('repositories:\n', '')
      .replace(/^ {2}local: .*\n/m, '')
      .replace('  home: {', '  ams: { region: EU, site: nl-ams1 }\n  fra: {')
      .replaceAll('home: {', 'fra: {')
      .replace('signers: { home', 'signers: { fra')
      .replace('zone: home', 'zone: fra')
      .replace('copies: [local]', 'copies: [offsite, safe], retention: gfs');
    const { policy, weaknesses } = await loadText(
      `${around}${example.replaceAll(/keys\/(?=[a-z0-9-]+\.pub)/g, `${keysDirectory}/`)}`,
    );
    expect(policy.people.map(({ name }) => name)).toEqual(['commander-1', 'dba-1', 'dba-2']);
    expect(policy.notifications.channels.map(({ name }) => name)).toEqual(['ops', 'chief', 'chat']);
    expect(weaknesses.map(({ id }) => id)).toEqual(['no-outside-watcher', 'no-restore-test']);
  });

  it('loads what docs/policy.md shows of a plan and of a source', async () => {
    const [, , , shown = ''] = await shownExamples();
    const [plan = '', source = ''] = shown.split('sources:\n  shop:\n');
    const { policy } = await loadText(
      fullWith(
        [
          / {4}restoreTest:\n(?: {6}.*\n)+ {4}ping: .*\n/.exec(full)?.[0] ?? '',
          plan.replace(/^plans:\n.*\n/, ''),
        ],
        ['  shop: { kind: postgres, zone: fra, ', '  shop:\n    zone: fra\n    kind: postgres\n'],
        [
          'tier: standard, host: db.internal, database: shop, user: backup,\n          password: { file: /run/secrets/shop } }\n',
          `    tier: standard\n    host: db.internal\n    database: shop\n    user: backup\n${source}`,
        ],
      ),
    );
    expect(policy.plans['shop-daily']?.restoreTest?.from).toEqual(['offsite']);
    expect(policy.sources.shop?.switch?.resume?.run).toEqual(['systemctl', 'start', 'shop']);
  });

  it('loads what docs/policy.md shows of failing over', async () => {
    const [, , , , shown = ''] = await shownExamples();
    const { policy, weaknesses } = await loadText(
      fullWith(
        ['people:\n', `${shown}people:\n`],
        ['approver, operator]', 'approver, operator, incident-commander]'],
      ),
    );
    expect(Object.keys(policy.runbooks)).toEqual(['shop']);
    expect(policy.runbooks.shop?.steps.at(-1)).toMatchObject({
      id: 'service/check',
      needs: ['service/cdn'],
      url: 'https://shop.example.org/health',
    });
    expect(weaknesses).toEqual([]);
  });

  it('loads a thousand plans', async () => {
    const plans = Array.from(
      { length: 1000 },
      (_, index) =>
        `  plan-${index}: { source: shop, schedule: "${index % 60} 2 * * *", key: databases, copies: [local] }\n`,
    );
    const { policy, weaknesses } = await loadText(smallest + plans.join(''));
    expect(Object.keys(policy.plans)).toHaveLength(1001);
    expect(weaknesses.at(-1)?.line).toBe(1013);
  });

  it('takes names that every object has for names', async () => {
    const { policy } = await loadText(smallest.replaceAll('shop', 'constructor'));
    expect(policy.plans['constructor-daily']?.source.name).toBe('constructor');
    expect(await printedProblems(smallestWith('source: shop', 'source: constructor'))).toEqual([
      'policy.yaml:13:25  plans.shop-daily.source  no such source; known here: shop',
    ]);
  });

  it('finds no entry under a name that every object has', () => {
    expect(lookUp({ shop: 1 }, 'shop')).toBe(1);
    expect(lookUp({ shop: 1 }, 'constructor')).toBeUndefined();
  });

  it('takes database names of any letters', async () => {
    const { policy } = await loadText(smallestWith('database: shop', String.raw`database: "Kas 'ä\" €\n="`));
    expect(policy.sources.shop?.database).toBe(`Kas 'ä" €\n=`);
    expect(await printedProblems(smallestWith('database: shop', String.raw`database: "a\0b"`))).toEqual([
      'policy.yaml:11:66  sources.shop.database  a NUL character is in this; remove it',
    ]);
  });
});

describe('a value that could not work', () => {
  it.each([
    ['path: /backups', 'path: /backups/../etc', 'repositories.local.path  `..` is in this path'],
    ['path: /backups', 'path: backups', 'repositories.local.path  this path does not start with a slash'],
    [
      'plans:',
      'retention: { none: { anchors: { monthly: 1 } } }\nplans:',
      'retention.none  this retention keeps nothing',
    ],
    [
      'plans:',
      'retention: { a: { daily: 1d, anchors: { monthly: 29 } } }\nplans:',
      'retention.a.anchors.monthly  this is too large; at most 28',
    ],
    ['user: backup', 'user: backup, parallel: 65', 'sources.shop.parallel  this is too large; at most 64'],
    ['user: backup', 'user: backup, lockTimeout: 0s', 'sources.shop.lockTimeout  this duration is too short'],
    ['user: backup', 'user: ""', 'sources.shop.user  this is empty'],
    ['kind: postgres', 'kind: mysql', 'sources.shop.kind  no such kind of source; known here: postgres'],
    ['shop-daily:', `${'x'.repeat(64)}:`, 'this name has other than small letters, digits and dashes'],
    [
      'shop-daily:',
      'shop_daily:',
      'plans.shop_daily  this name has other than small letters, digits and dashes',
    ],
  ])('is refused: %s as %s', async (piece, replacement, sentence) => {
    const problems = await printedProblems(smallestWith(piece, replacement));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(sentence);
  });
});

describe('a file that is no policy', () => {
  it('is a bad policy when it is not there', async () => {
    await expect(loadPolicy('/nonexistent/holdfast.yaml')).rejects.toMatchObject({ code: 'bad-policy' });
    await expect(loadPolicy('/nonexistent/holdfast.yaml')).rejects.toBeInstanceOf(HoldfastError);
  });

  it('is one error that knows every problem, in the order of lines', async () => {
    const text = smallestWith('version: 1', 'version: 2').replace('copies:', 'copeis:');
    const error = await loadText(text).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(PolicyError);
    expect(error).toMatchObject({
      code: 'bad-policy',
      message: expect.stringMatching(/has 3 problems, the first on line 1\.$/),
    });
    expect((await problemsOf(text)).map(({ line, path }) => [line, path])).toEqual([
      [1, 'version'],
      [13, 'plans.shop-daily.copies'],
      [13, 'plans.shop-daily.copeis'],
    ]);
  });
});
