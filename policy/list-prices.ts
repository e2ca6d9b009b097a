import type { Price } from './resolved-proof.ts';

/**
 * Amazon S3's list prices in us-east-1 for 1 GiB and a month, first price step, without requests, retrieval and traffic:
 * something to start from, which a team replaces by what it pays.
 */
const perGiB = {
  STANDARD: 0.023,
  INTELLIGENT_TIERING: 0.023,
  STANDARD_IA: 0.0125,
  ONEZONE_IA: 0.01,
  GLACIER_IR: 0.004,
  GLACIER: 0.0036,
  DEEP_ARCHIVE: 0.00099,
};

export const listPrices: { currency: string; asOf: string; table: Price[] } = {
  currency: 'USD',
  asOf: '2025-09-01',
  table: Object.entries(perGiB).map(([of, price]) => ({ of, perGiB: price, listed: true })),
};
