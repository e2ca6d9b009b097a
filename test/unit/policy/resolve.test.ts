import { describe, expect, it } from '@jest/globals';
import { fullWith, loadText, printedProblems, smallestWith } from './support.ts';

describe('a source', () => {
  it.each([
    ['localhost', 'prefer'],
    ['127.0.0.1', 'prefer'],
    ['"::1"', 'prefer'],
    ['/var/run/postgresql', 'prefer'],
    ['db.internal', 'verify-full'],
    ['localhost.example.org', 'verify-full'],
  ])('at %s is reached with ssl %s', async (host, mode) => {
    const { policy } = await loadText(smallestWith('host: localhost', `host: ${host}`));
    expect(policy.sources.shop?.ssl).toEqual({ mode });
  });

  it.each([
    ['ssl: require', { mode: 'require' }],
    ['ssl: { mode: verify-ca, rootCertificate: /ca.pem }', { mode: 'verify-ca', rootCertificate: '/ca.pem' }],
  ])('is reached as it says: %s', async (written, ssl) => {
    const { policy } = await loadText(smallestWith('user: backup', `user: backup, ${written}`));
    expect(policy.plans['shop-daily']?.source.ssl).toEqual(ssl);
  });

  it('takes the fingerprint of the plan before its own', async () => {
    const { policy } = await loadText(smallestWith('copies:', 'fingerprint: checksums, copies:'));
    expect(policy.plans['shop-daily']?.source.fingerprint).toBe('checksums');
    expect(policy.sources.shop?.fingerprint).toBe('counts');
  });
});

describe('an S3 repository', () => {
  const offsite = async (...changes: [string, string][]) => {
    const { policy } = await loadText(fullWith(...changes));
    return policy.plans['shop-daily']?.copies[1];
  };

  it('of Amazon has the host style and all checksums', async () => {
    expect(await offsite()).toMatchObject({
      awsRegion: 'nl-ams1',
      region: 'EU',
      site: 'nl-ams1',
      pathStyle: false,
      checksums: 'when-supported',
      credentials: { env: 'OFFSITE' },
    });
  });

  it('of another service has the path style and only checksums that are asked for, unless it says so', async () => {
    const endpoint = 'endpoint: "https://s3.example.org/"';
    expect(await offsite(['region: nl-ams1', `${endpoint}, region: nl-ams1`])).toMatchObject({
      endpoint: 'https://s3.example.org',
      pathStyle: true,
      checksums: 'when-required',
    });
    const all = `${endpoint}, pathStyle: false, checksums: when-supported, region: nl-ams1`;
    expect(await offsite(['region: nl-ams1', all])).toMatchObject({
      pathStyle: false,
      checksums: 'when-supported',
    });
  });

  it.each([
    ['as long as dailies are kept', 'daily: 30d', 'daily: 8w', 56],
    ['30 days when no daily is kept', 'daily: 30d, ', '', 30],
    ['30 days without a retention', '    retention: gfs\n', '', 30],
    ['as long as it says', 'lock: compliance', 'lock: { mode: compliance, for: 90d }', 90],
  ])('locks %s', async (_name, piece, replacement, days) => {
    expect(await offsite([piece, replacement])).toMatchObject({
      lock: { mode: 'compliance', for: days * 86_400 },
    });
  });

  it.each([
    ['sse-s3', { kind: 'sse-s3' }],
    ['{ kms: "arn:aws:kms:x" }', { kind: 'sse-kms', keyId: 'arn:aws:kms:x' }],
  ])('encrypts with %s', async (written, encryption) => {
    expect(await offsite(['lock: compliance', `encryption: ${written}`])).toMatchObject({ encryption });
  });

  it.each(['/x', 'x/', 'x//y', 'x/../y', '..', '.', './x', 'x/.', 'x y', 'ü'])(
    'refuses the prefix "%s"',
    async (prefix) => {
      const [problem] = await printedProblems(fullWith(['bucket:', `prefix: "${prefix}", bucket:`]));
      expect(problem).toContain("repositories.offsite.prefix  this can't be a prefix");
    },
  );

  it.each(['x', 'x/y', '.x', 'x..y', 'a-b_c/d.e'])('takes the prefix "%s"', async (prefix) => {
    expect(await offsite(['bucket:', `prefix: "${prefix}", bucket:`])).toMatchObject({ prefix });
  });

  it.each(['s3.example.org', 'ftp://x', 'https://x?y=1', 'https://x#y'])(
    'refuses the endpoint %s',
    async (endpoint) => {
      const [problem] = await printedProblems(fullWith(['bucket:', `endpoint: "${endpoint}", bucket:`]));
      expect(problem).toContain('repositories.offsite.endpoint  this is no address of a service');
    },
  );
});

describe('a plan', () => {
  it('holds the signing keys of its own zones only', async () => {
    const third = '  usa: { region: US, site: us-1, signingKey: { env: USA } }\n';
    const { policy } = await loadText(fullWith(['signers:\n', `${third}signers:\n`]));
    expect(Object.keys(policy.signingKeys)).toEqual(['fra', 'usa']);
    expect(Object.keys(policy.plans['shop-daily']?.signingKeys ?? {})).toEqual(['fra']);
  });

  it('is plain data: what goes through Temporal comes back the same', async () => {
    const { policy } = await loadText(fullWith());
    expect(JSON.parse(JSON.stringify(policy))).toEqual(policy);
  });

  it('knows the other plans of its source, whose backups lie beside its own', async () => {
    const plan = (name: string, source: string) =>
      `  ${name}: { source: ${source}, schedule: "0 3 * * *", key: databases, copies: [local] }\n`;
    const idle = '  idle: { kind: postgres, zone: home, host: localhost, database: idle, user: backup }\n';
    const second = `${idle}plans:\n${plan('shop-hourly', 'shop')}${plan('a-shop', 'shop')}${plan('alone', 'idle')}`;
    const { policy } = await loadText(smallestWith('plans:\n', second));
    expect(policy.plans['shop-daily']?.siblings).toEqual(['a-shop', 'shop-hourly']);
    expect(policy.plans['a-shop']?.siblings).toEqual(['shop-daily', 'shop-hourly']);
    expect(policy.plans.alone).not.toHaveProperty('siblings');
  });

  it('may be paused, also by a schedule with all its settings', async () => {
    const written = 'schedule: { cron: "5 3 * * 1", jitter: 1m, deadline: 1h, catchup: 2d, paused: true }';
    const { policy } = await loadText(smallestWith('schedule: "0 2 * * *"', written));
    expect(policy.plans['shop-daily']?.schedule).toEqual({
      cron: '5 3 * * 1',
      jitter: 60,
      deadline: 3600,
      catchup: 172_800,
      paused: true,
    });
  });
});
