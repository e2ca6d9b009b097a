import { describe, expect, it } from '@jest/globals';
import { commandsByHand } from '../../../cli/by-hand.ts';
import type { ResolvedPlan } from '../../../policy/resolved.ts';
import type { PostgresTarget } from '../../../policy/resolved-failover.ts';
import { planOf } from '../../support/plans.ts';
import { bucketNamed, directoryAt } from '../../support/repositories.ts';
import { step } from '../../support/runbooks.ts';

const signers = [{ name: 'fra', publicKey: 'ssh-ed25519 AAAA' }];
const target: PostgresTarget = {
  kind: 'postgres',
  name: 'spare',
  zone: 'ams',
  host: 'spare.internal',
  port: 5432,
  user: 'dba',
  password: { file: '/run/secrets/spare' },
  ssl: { mode: 'verify-full', rootCertificate: '/etc/ca.pem' },
  database: 'shop',
  directory: '/var/lib/data',
};

const bucket = bucketNamed('ge-backups', {
  prefix: 'org',
  endpoint: 'https://s3.example.org',
  credentials: { env: 'OFFSITE' },
});

const restoring = (plan: Partial<ResolvedPlan>, database = 'shop', lost = ['fra']): string =>
  commandsByHand(step('restore', { do: 'restore', plan: planOf('shop-daily', plan), target, database }), {
    signers,
    lost,
  }).join('\n');

describe('restoring by hand', () => {
  it('begins with a copy that is left: one that this zone can read before others', () => {
    const copies = [directoryAt('/backups'), bucket, directoryAt("/mnt/it's", { name: 'safe', zone: 'ams' })];
    const text = restoring({ copies });
    expect(text).not.toContain('/backups');
    expect(text).toContain(
      '# The newest backup of shop-daily in offsite that a restore test has proven; others are in safe',
    );
    expect(restoring({ copies: copies.slice(2) })).toContain(
      `cp -r '/mnt/it'\\''s'/"$(dirname "$newest")"/. .`,
    );
    expect(restoring({ copies: [directoryAt('/backups')] })).toContain('# No copy of shop-daily is left.');
  });

  it('takes it out of a bucket with the credentials that the policy names', () => {
    const text = restoring({ copies: [bucket] });
    expect(text).toContain('export AWS_ACCESS_KEY_ID="$OFFSITE_ACCESS_KEY_ID"');
    expect(text).toContain(
      'aws --region nl-ams1 --endpoint-url https://s3.example.org s3 ls --recursive s3://ge-backups/org/shop/',
    );
    expect(text).toContain('s3 cp --recursive "s3://ge-backups/$(dirname "$newest")" .');
  });

  it('checks it against the signers of the policy, and opens it with the key of the zone', () => {
    const text = restoring({ copies: [bucket] });
    expect(text).toContain('fra namespaces="holdfast-manifest" ssh-ed25519 AAAA');
    expect(text).toContain('printenv KEY | gpg --batch --import');
    expect(text).toContain('gpg --batch --decrypt data-*.gpg | zstd --decompress --long=31 > dump');
    const passphrase = { ams: { file: '/run/secrets/spoken' } };
    expect(
      restoring({ copies: [bucket], key: { kind: 'passphrase', name: 'spoken', passphrase } }),
    ).toContain(
      'gpg --batch --pinentry-mode loopback --passphrase-file <(cat /run/secrets/spoken) --decrypt data-*.gpg',
    );
  });

  it('never restores over a database: it creates the one that it fills', () => {
    const plan = { copies: [bucket] };
    expect(restoring(plan)).toContain(
      'pg_restore -h spare.internal -p 5432 -U dba --exit-on-error --create --dbname=postgres dump',
    );
    const renamed = restoring(plan, 'shop_new');
    expect(renamed).toMatch(/createdb .* --template=template0 shop_new/);
    expect(renamed).toContain('--exit-on-error --dbname=shop_new dump');
    expect(renamed).not.toContain('--create');
    expect(restoring(plan)).toContain('export PGPASSWORD="$(cat /run/secrets/spare)"');
    expect(restoring(plan)).toContain('export PGSSLMODE=verify-full PGSSLROOTCERT=/etc/ca.pem');
  });

  it('unpacks a dump of several jobs, and leaves roles out that it has not', () => {
    const { source } = planOf('x');
    const text = restoring({ copies: [bucket], source: { ...source, parallel: 4, globals: 'off' } });
    expect(text).toContain('tar --extract --file=- --directory=dump');
    expect(text).toContain('--no-owner --no-privileges');
    expect(text).not.toContain('globals-*');
  });
});

it('makes a standby by hand with what it needs to stream, and starts it', () => {
  const stopped = { run: ['systemctl', 'stop', 'postgresql'], timeout: 60, secrets: {} };
  const started = { run: ['systemctl', 'start', 'postgresql'], timeout: 60, secrets: {} };
  const primary = { ...target, name: 'new', host: 'new.internal', replication: { user: 'replicator' } };
  const of = step('rejoin', {
    do: 'postgres.standby',
    target: { ...target, stop: stopped, start: started },
    primary,
  });
  expect(commandsByHand(of, { signers, lost: [] })).toEqual([
    'systemctl stop postgresql',
    "pg_rewind --target-pgdata=/var/lib/data --source-server='host=new.internal port=5432 user=replicator dbname=postgres' --write-recovery-conf",
    expect.stringContaining('pg_basebackup'),
    'systemctl start postgresql',
  ]);
});

it('signs an update of DNS with a key file that it makes from the secret', () => {
  const server = {
    ...{ name: 'dns', zone: 'ams', host: 'ns', port: 53, domain: 'example.org', resolvers: [] },
    tsig: { key: 'holdfast', algorithm: 'hmac-sha256', secret: { env: 'TSIG' } },
  };
  const of = step('dns', {
    do: 'dns.update',
    of: { server, record: 'shop.example.org', type: 'A' },
    value: '192.0.2.2',
    ttl: 60,
  });
  const [keyFile, update] = commandsByHand(of, { signers, lost: [] });
  expect(keyFile).toContain('"$(printenv TSIG)" > KEYFILE');
  expect(update).toContain('nsupdate -k KEYFILE');
});
