import type { ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';

/** A resolved plan for tests that need one and care for a few of its fields. */
export function planOf(name: string, changes: Partial<ResolvedPlan> = {}): ResolvedPlan {
  return {
    format: 1,
    organization: 'Example BV',
    name,
    timezone: 'Europe/Amsterdam',
    policyHash: '0'.repeat(64),
    source: {
      kind: 'postgres',
      name: 'shop',
      zone: 'fra',
      host: 'db.internal',
      port: 5432,
      database: 'shop',
      user: 'backup',
      password: { file: '/run/secrets/shop' },
      ssl: { mode: 'verify-full' },
      parallel: 1,
      globals: 'without-passwords',
      fingerprint: 'counts',
      lockTimeout: 60,
    },
    key: { kind: 'gpg', name: 'databases', recipients: ['(armored key)'], opens: { ams: { env: 'KEY' } } },
    copies: [
      {
        kind: 'filesystem',
        name: 'local',
        zone: 'fra',
        region: 'EU',
        site: 'de-fra1',
        medium: 'disk',
        path: '/backups',
        keepFree: 0,
      },
      {
        kind: 's3',
        name: 'offsite',
        zone: 'ams',
        region: 'EU',
        site: 'nl-ams1',
        medium: 'object',
        bucket: 'ge-backups',
        prefix: '',
        awsRegion: 'nl-ams1',
        pathStyle: false,
        checksums: 'when-supported',
      },
    ],
    signers: [{ name: 'fra', publicKey: 'ssh-ed25519 AAAA' }],
    signingKeys: { fra: { file: '/run/secrets/signing' } },
    schedule: { cron: '0 2 * * *', jitter: 0, catchup: 3600, deadline: 7200, paused: false },
    stall: 120,
    ...changes,
  };
}

/** A resolved policy of the given plans. */
export function policyOf(plans: ResolvedPlan[]): ResolvedPolicy {
  return {
    organization: 'Example BV',
    timezone: 'Europe/Amsterdam',
    hash: '0'.repeat(64),
    zones: {
      fra: { zone: 'fra', region: 'EU', site: 'de-fra1' },
      ams: { zone: 'ams', region: 'EU', site: 'nl-ams1' },
    },
    repositories: Object.fromEntries(plans.flatMap(({ copies }) => copies.map((copy) => [copy.name, copy]))),
    sources: Object.fromEntries(plans.map(({ source }) => [source.name, source])),
    signers: plans[0]?.signers ?? [],
    signingKeys: plans[0]?.signingKeys ?? {},
    plans: Object.fromEntries(plans.map((plan) => [plan.name, plan])),
    people: [],
    deletion: {
      approvals: 2,
      role: 'approver',
      delay: 86_400,
      expires: 7 * 86_400,
      signatures: 'signed',
      secondFactor: false,
    },
    secondFactor: [],
  };
}
