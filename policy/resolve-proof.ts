import type { NotificationRules, Prices, ResolvedChecks } from './resolved-proof.ts';
import type { Policy } from './schema.ts';

/** When nothing is said: health every five minutes, the copies on Mondays. */
export function resolveChecks(policy: Policy): ResolvedChecks {
  const [zone = ''] = Object.keys(policy.zones);
  const timing = { jitter: 0, catchup: 300, deadline: 3600, paused: false };
  return {
    zone,
    health: {
      ...timing,
      cron: '*/5 * * * *',
      sizeChange: 0.5,
      compressionFall: 0.3,
      storage: 0.8,
      keyExpiry: 30 * 86_400,
      testGrace: 2 * 86_400,
    },
    copies: { ...timing, cron: '0 6 * * 1', catchup: 86_400, copies: 3, media: 2, offsite: 1, sample: 1 },
    residency: policy.residency ?? null,
  };
}

export const noNotifications: NotificationRules = { channels: [], routes: [] };

export const noPrices: Prices = { currency: 'EUR', asOf: '2026-11-01', table: [], budget: null };
