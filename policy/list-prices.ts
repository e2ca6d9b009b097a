import type { Price } from './resolved-proof.ts';

/**
 * Amazon S3's list prices in us-east-1 for 1 GiB and a month, first price step, without requests, retrieval and traffic:
 * something to start from, which a team replaces by what it pays.
 */
export const listPrices: { currency: string; asOf: string; table: Price[] } = {
  currency: 'USD',
  asOf: '2026-11-01',
  table: [
    { of: 'STANDARD', perGiB: 0.023 },
    { of: 'INTELLIGENT_TIERING', perGiB: 0.023 },
    { of: 'STANDARD_IA', perGiB: 0.0125 },
    { of: 'ONEZONE_IA', perGiB: 0.01 },
    { of: 'GLACIER_IR', perGiB: 0.004 },
    { of: 'GLACIER', perGiB: 0.0036 },
    { of: 'DEEP_ARCHIVE', perGiB: 0.00099 },
  ],
};
