import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { RetainedBackup } from '../../retention/index.ts';

const hour = 3_600_000;

/** One backup an hour up to an instant, with ids as random and sizes as different as real ones. */
export function madeUpHistory(count: number, until: string): RetainedBackup[] {
  const last = Date.parse(until);
  return Array.from({ length: count }, (_, index) => {
    const at = new Date(last - (count - index) * hour + (index % 977) * 1000).toISOString();
    const startedAt = `${at.slice(0, 19)}.000Z`;
    const random = scrambled(index).toString(16).padStart(8, '0');
    const bytes = 300_000_000 + (scrambled(index + count) % 90_000_000);
    const copyOf = (repository: string) => ({
      repository,
      bytes,
      deleting: false,
      lockedUntil: null,
      promised: [],
    });
    return {
      backupId: `${startedAt.slice(0, 19).replaceAll(/[-:]/g, '')}Z-${random}`,
      startedAt,
      copies: [copyOf('local'), copyOf('offsite')],
      holds: [],
      readingUntil: null,
      needs: [],
    };
  });
}

/** 32 bits in which no order is left: an order would be packed away. */
function scrambled(number: number): number {
  let bits = Math.imul(number ^ 0x9e37_79b9, 0x85eb_ca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** A plan that keeps by every tier there is. */
export function planWithAllTiers(): ResolvedPlan {
  return {
    format: 1,
    organization: 'Example BV',
    name: 'hourly',
    timezone: 'Europe/Amsterdam',
    policyHash: '0'.repeat(64),
    source: {
      kind: 'postgres',
      name: 'shop',
      zone: 'fra',
      host: 'localhost',
      port: 5432,
      database: 'shop',
      user: 'backup',
      ssl: { mode: 'prefer' },
      parallel: 1,
      globals: 'off',
      fingerprint: 'off',
      lockTimeout: 60,
    },
    key: { kind: 'gpg', name: 'databases', recipients: [], opens: {} },
    copies: [],
    signers: [],
    signingKeys: {},
    schedule: { cron: '0 * * * *', jitter: 0, catchup: 3600, deadline: 7200, paused: false },
    stall: 120,
    retention: {
      name: 'gfs',
      rules: {
        kind: 'gfs',
        keep: {
          hourly: { for: { count: 48, unit: 'hour' } },
          daily: { for: { count: 30, unit: 'day' } },
          weekly: { for: { count: 12, unit: 'week' } },
          monthly: { for: { count: 12, unit: 'month' } },
          yearly: { for: { count: 7, unit: 'year' } },
        },
        anchors: { weekly: 7, monthly: 1, yearly: { month: 1, day: 1 } },
      },
      schedule: { cron: '0 3 * * 0', jitter: 0, catchup: 3600, deadline: 7200, paused: false },
      storage: {},
    },
  };
}
