import { describe, expect, it } from '@jest/globals';
import { type KeyFinder, keyFinder } from '../../../cli/recover/keys.ts';
import { lackingFor } from '../../../cli/recover/lacking.ts';
import { isKeptIn, type Machine, onMachine, zoneOf } from '../../../cli/recover/machine.ts';
import { bucketOptions, nameOfPlace, placeOf, repositoryAt } from '../../../cli/recover/place.ts';
import type { ResolvedPolicy } from '../../../policy/resolved.ts';
import type { ResolvedRunbook } from '../../../policy/resolved-failover.ts';
import { planOf, policyOf } from '../../support/plans.ts';
import { bucketNamed, directoryAt } from '../../support/repositories.ts';
import { command, runbook, step } from '../../support/runbooks.ts';

const offsite = bucketNamed('ge-backups', { name: 'offsite', zone: 'ams' });
const near = directoryAt('/backups', { name: 'near' });
const plan = planOf('shop-daily', { copies: [near, offsite] });
const target = {
  kind: 'postgres',
  name: 'spare',
  zone: 'ams',
  host: 'spare',
  port: 5432,
  user: 'dba',
  password: { env: 'SPARE' },
  ssl: { mode: 'require' },
  database: 'shop',
} as const;

const book = runbook(
  [
    step('declare', { do: 'approve' }),
    step('backups', { do: 'backups.verify', plans: [plan], tested: 60 }),
    step('restore', { do: 'restore', plan, target, database: 'shop' }, { zone: 'home' }),
    command('deploy', ['true'], { zone: 'ams' }),
  ],
  { name: 'site-loss', lost: ['fra'], zone: 'ams' },
);

const policy: ResolvedPolicy = {
  ...policyOf([plan]),
  runbooks: { 'site-loss': book },
  signingKeys: { fra: { env: 'FRA' }, ams: { env: 'AMS' } },
  audit: { organization: 'Example BV', repository: near, signingKeys: {}, witnesses: [offsite] },
};

const machine: Machine = {
  zones: ['ams', 'home'],
  repositoryIn: (zone) => directoryAt('/mnt/copy', { name: 'offsite', zone }),
  keyFiles: {},
};

/** Where and what everything is that the policy as of this machine could ask. */
const asked = (of: ResolvedPolicy) =>
  JSON.stringify([of.repositories, of.plans, of.runbooks, of.audit]).match(/\/backups|ge-backups/g) ?? [];

describe('a policy on one machine', () => {
  it('asks the one repository that there is, in the place of all, and each step finds it in its zone', () => {
    expect(asked(policy).length).toBeGreaterThan(5);
    const here = onMachine(policy, machine);
    expect(asked(here)).toEqual([]);
    expect(Object.keys(here.repositories)).toEqual(['offsite']);
    expect(here.plans['shop-daily']?.copies).toMatchObject([{ path: '/mnt/copy', zone: 'ams' }]);
    const [, verify, restore] = here.runbooks['site-loss']?.steps ?? [];
    expect(verify).toMatchObject({ plans: [{ copies: [{ path: '/mnt/copy', zone: 'ams' }] }] });
    expect(restore).toMatchObject({ plan: { copies: [{ path: '/mnt/copy', zone: 'home' }] } });
  });

  it('is the same version of its runbooks, so that their last drill counts', () => {
    expect(onMachine(policy, machine).runbooks['site-loss']?.version).toBe(book.version);
  });

  it('opens keys and signs where the person says, and with no key of another zone', () => {
    expect(onMachine(policy, machine).signingKeys).toEqual({ ams: { env: 'AMS' } });
    const brought = onMachine(policy, {
      ...machine,
      keyFiles: { databases: '/media/safe/databases' },
      signingKeyFile: '/media/safe/dr',
    });
    expect(brought.signingKeys).toEqual({ ams: { file: '/media/safe/dr' } });
    const file = { file: '/media/safe/databases' };
    expect(brought.plans['shop-daily']?.key).toMatchObject({ opens: { ams: file, home: file } });
    expect(brought.runbooks['site-loss']?.steps[2]).toMatchObject({
      plan: { key: { opens: { home: file } } },
    });
  });

  it('finds no copies of a plan that has none in that repository', () => {
    const elsewhere = { ...policy, plans: { other: planOf('other', { copies: [near] }) } };
    expect(onMachine(elsewhere, machine).plans.other?.copies).toEqual([]);
    expect(isKeptIn('offsite', plan)).toBe(true);
    expect(isKeptIn('safe', planOf('x', { airgapped: [directoryAt('/mnt', { name: 'safe' })] }))).toBe(true);
  });

  it('is led from where its runbooks are, else from where the repository was', () => {
    expect(zoneOf(policy, 'near')).toBe('ams');
    const two: Record<string, ResolvedRunbook> = { a: book, b: { ...book, zone: 'fra' } };
    expect(zoneOf({ ...policy, runbooks: two }, 'near')).toBe('fra');
    expect(zoneOf({ ...policy, runbooks: two }, 'near', book)).toBe('ams');
  });
});

/** As `keyFinder`, where what the variable KEY holds is the right key. */
const finder = (env: Record<string, string>): KeyFinder => {
  const find = keyFinder({ directory: '/nowhere', env, secret: async () => 'x' });
  return async (key, zone) => {
    const isRight = env.KEY !== undefined && key.kind === 'gpg' && 'env' in (key.opens[zone] ?? {});
    return isRight ? { name: key.name, here: true, sentence: '' } : find(key, zone);
  };
};

describe('what a runbook lacks on a machine', () => {
  const lacks = (env: Record<string, string>, zones = ['ams', 'home'], of = onMachine(policy, machine)) => {
    const found = of.runbooks['site-loss'];
    if (found === undefined) throw new Error('no runbook');
    return lackingFor(found, { zones, env, keys: finder(env) });
  };

  it('is named with the steps that stop for it', async () => {
    expect(await lacks({})).toEqual([
      {
        sentence:
          'The key databases is not here: environment variable KEY is not set; bring it with --key databases=FILE.',
        steps: ['backups'],
      },
      {
        sentence: 'The password of dba on spare is not here: environment variable SPARE is not set.',
        steps: ['restore'],
      },
      {
        sentence: 'The key databases is not opened in zone home; bring it with --key databases=FILE.',
        steps: ['restore'],
      },
    ]);
    expect(await lacks({ KEY: 'x', SPARE: 'y' })).toHaveLength(1);
  });

  it('is a worker of a zone for which the machine does not stand in', async () => {
    expect(await lacks({ KEY: 'x' }, ['ams'])).toEqual([
      { sentence: expect.stringContaining('No worker of zone home is here.'), steps: ['restore'] },
    ]);
  });

  it('is what a command prints: it is not run, because it may ask what is lost', async () => {
    const secret = { command: ['/bin/false'] };
    const steps = book.steps.map((each) =>
      each.do === 'restore' ? { ...each, zone: 'ams', target: { ...target, password: secret } } : each,
    );
    expect(
      await lackingFor({ ...book, steps }, { zones: ['ams'], env: {}, keys: finder({ KEY: 'x' }) }),
    ).toEqual([
      { sentence: expect.stringContaining('not tried: it is the output of /bin/false'), steps: ['restore'] },
    ]);
  });

  it('is a file that can not be read, and the copies of another repository', async () => {
    const brought = onMachine(policy, { ...machine, keyFiles: { databases: '/nowhere/key' } });
    expect(await lacks({ SPARE: 'y' }, ['ams', 'home'], brought)).toEqual([
      {
        sentence:
          "The key databases is not here: file /nowhere/key can't be read; bring it with --key databases=FILE.",
        steps: ['backups', 'restore'],
      },
    ]);
    const other = onMachine(policy, {
      ...machine,
      repositoryIn: (zone) => directoryAt('/mnt/x', { name: 'other', zone }),
    });
    expect(
      (await lacks({ SPARE: 'y', KEY: 'x' }, ['ams', 'home'], other)).map(({ sentence }) => sentence),
    ).toContain('This repository has no copies of shop-daily.');
  });
});

describe('the place of a copy', () => {
  const s3 = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' };
  const at = (from: string, more: object = {}, env: Record<string, string> = s3) =>
    placeOf({ from, credentials: 'AWS', ...more }, env);

  it('is a directory, or a bucket with what the options and the environment say', () => {
    expect(at('/mnt/copy/')).toEqual({ kind: 'filesystem', path: '/mnt/copy' });
    expect(at('s3://ge-backups')).toEqual({
      kind: 's3',
      bucket: 'ge-backups',
      prefix: '',
      awsRegion: 'us-east-1',
      credentials: { env: 'AWS' },
    });
    const far = at(
      's3://b/some/where/',
      { endpoint: 'https://s3.example.org/' },
      { ...s3, AWS_REGION: 'nl' },
    );
    expect(far).toMatchObject({ prefix: 'some/where', endpoint: 'https://s3.example.org', awsRegion: 'nl' });
    expect(nameOfPlace(far)).toBe('s3://b/some/where');
    const env = { OFFSITE_ACCESS_KEY_ID: 'a', OFFSITE_SECRET_ACCESS_KEY: 'b' };
    expect(at('s3://b', { credentials: 'OFFSITE' }, env)).toMatchObject({ credentials: { env: 'OFFSITE' } });
    expect(bucketOptions(at('s3://b', { credentials: 'OFFSITE', caFile: '/a b' }, env))).toBe(
      "--region us-east-1 --credentials OFFSITE --ca-file '/a b'",
    );
    expect(bucketOptions(far)).toBe('--endpoint https://s3.example.org --region nl');
    expect(bucketOptions(at('/mnt/copy'))).toBe('');
  });

  it.each<[string, string, object, Record<string, string>, RegExp]>([
    ['another scheme', 'gs://b', {}, s3, /gs:\/\/b is no place of a repository/],
    ['a bucket without its name', 's3:///x', {}, s3, /is no place/],
    ['no access key', 's3://b', {}, {}, /AWS_ACCESS_KEY_ID is not set/],
    ['half of the credentials', 's3://b', {}, { AWS_ACCESS_KEY_ID: 'a' }, /AWS_SECRET_ACCESS_KEY is not set/],
    ['an address that is none', 's3://b', { endpoint: 'here' }, s3, /here is no address/],
  ])('is refused with a sentence: %s', (_, from, more, env, sentence) => {
    expect(() => at(from, more, env)).toThrow(sentence);
  });

  it('keeps how a bucket is used, and nothing of where it was', () => {
    const zone = { zone: 'ams', region: 'EU', site: 'x' };
    const known = bucketNamed('lost', { endpoint: 'https://lost.example.org', storageClass: 'STANDARD_IA' });
    const there = repositoryAt(at('s3://b'), 'offsite', zone, known);
    expect(there).toMatchObject({ name: 'offsite', bucket: 'b', storageClass: 'STANDARD_IA', zone: 'ams' });
    expect(JSON.stringify(there)).not.toContain('lost');
    expect(repositoryAt(at('/mnt/copy'), 'offsite', zone, known)).toMatchObject({
      kind: 'filesystem',
      path: '/mnt/copy',
    });
  });
});
