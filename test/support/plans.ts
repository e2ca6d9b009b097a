import type { DeletionRule, ResolvedPlan, ResolvedPolicy } from '../../policy/resolved.ts';
import type { ResolvedChecks } from '../../policy/resolved-proof.ts';
import { bucketNamed, directoryAt } from './repositories.ts';

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
    copies: [directoryAt('/backups'), bucketNamed('ge-backups', { pathStyle: false })],
    signers: [{ name: 'fra', publicKey: 'ssh-ed25519 AAAA' }],
    signingKeys: { fra: { file: '/run/secrets/signing' } },
    schedule: { cron: '0 2 * * *', jitter: 0, catchup: 3600, deadline: 7200, paused: false },
    stall: 120,
    ...changes,
  };
}

/** How deletions are approved where a policy says nothing of it. */
export const deletionRule: DeletionRule = {
  approvals: 2,
  role: 'approver',
  delay: 86_400,
  expires: 7 * 86_400,
  signatures: 'signed',
  secondFactor: false,
};

const timing = { jitter: 0, catchup: 300, deadline: 3600, paused: false };

/** What is checked where a policy says nothing of it. */
export const checksRule: ResolvedChecks = {
  zone: 'fra',
  health: {
    ...timing,
    cron: '*/5 * * * *',
    sizeChange: 0.5,
    compressionFall: 0.3,
    storage: 0.8,
    keyExpiry: 30 * 86_400,
    testGrace: 2 * 86_400,
  },
  copies: { ...timing, cron: '0 6 * * 1', copies: 3, media: 2, offsite: 1, sample: 1 },
  residency: null,
};

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
    deletion: deletionRule,
    secondFactor: [],
    scratchServers: {},
    refreshes: {},
    runbooks: {},
    disasters: {},
    services: {},
    checks: checksRule,
    notifications: { channels: [], routes: [] },
    prices: { currency: 'EUR', asOf: '2026-11-01', table: [], budget: null },
  };
}
