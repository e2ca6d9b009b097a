import { HoldfastError } from '../../policy/errors.ts';
import { formatBytes } from '../../policy/units.ts';

/** S3's limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const mostParts = 10_000;
const smallestPart = 8 * 2 ** 20;
const largestPart = 4 * 2 ** 30;
/** Parts of a stream of unknown size that must all be equal. */
const equalPart = 64 * 2 ** 20;
/** What all buffers of one upload take together at most, as long as parts are small enough for two of them to fit. */
const bufferBudget = 64 * 2 ** 20;
/** Enough to keep a line to the service full; more of them would only take memory. */
const mostInFlight = 3;
const partsPerStep = 1000;

/**
 * How an upload is cut. A stream of known size gets parts of one size. One of unknown size starts with small parts
 * that double every 1,000, so that 10,000 of them hold more than 5 TiB and memory grows only with a huge stream: 32 MiB
 * up to 7.8 GiB, 64 MiB up to 54 GiB, and from there two parts, 128 MiB up to 117 GiB. Where the service insists on equal parts they do not grow.
 */
export type PartPlan = { first: number; grows: boolean };

export function planParts(input: { expectedBytes?: number; equalParts: boolean }): PartPlan {
  if (input.expectedBytes === undefined) {
    return input.equalParts ? { first: equalPart, grows: false } : { first: smallestPart, grows: true };
  }
  // A quarter more than expected, for an estimate that is too low.
  const needed = Math.ceil((input.expectedBytes * 1.25) / mostParts / 2 ** 20) * 2 ** 20;
  return { first: Math.min(largestPart, Math.max(smallestPart, needed)), grows: !input.equalParts };
}

/** The size of part `number`, counted from 1. */
export function partSize(plan: PartPlan, number: number): number {
  if (!plan.grows) return plan.first;
  return Math.min(largestPart, plan.first * 2 ** Math.floor((number - 1) / partsPerStep));
}

/** Where part `number` starts, in bytes; so many lie before it. */
export function partStart(plan: PartPlan, number: number): number {
  let start = 0;
  for (let before = 1; before < number; before += 1) start += partSize(plan, before);
  return start;
}

/**
 * Metadata of what was uploaded in parts: the size of the first, in bytes. What was cut anew since then has lost it, or
 * does not fit to it.
 */
export const firstPartMetadata = 'holdfast-first-part';

/**
 * How an object was cut, as far as its first part and their number tell: the way of an upload here, or equal parts, as
 * everybody else makes them. Null when it is neither.
 */
export function planBehind(object: { first: number; parts: number; bytes: number }): PartPlan | null {
  const { first, parts, bytes } = object;
  if (parts < 1 || parts > mostParts) return null;
  const plans = [true, false].map((grows) => ({ first, grows }));
  return plans.find((plan) => partStart(plan, parts) < bytes && bytes <= partStart(plan, parts + 1)) ?? null;
}

/** How many parts of a size may be on their way at once; one more is being filled. */
export function partsInFlight(size: number): number {
  return Math.min(mostInFlight, Math.max(1, Math.floor(bufferBudget / size) - 1));
}

/** @throws HoldfastError `bad-policy` when a stream needs more parts than S3 allows. */
export function checkPartNumber(plan: PartPlan, number: number, repository: string): void {
  if (number <= mostParts) return;
  throw new HoldfastError(
    'bad-policy',
    `Repository ${repository}: the stream does not fit into ${mostParts} parts of ${formatBytes(plan.first)}.`,
    { hint: 'This service wants parts of equal size, and the stream was larger than expected.' },
  );
}

/** Cloudflare R2 takes only parts of equal size (but for the last); the other services do not mind. */
export function wantsEqualParts(endpoint: string | undefined): boolean {
  return endpoint !== undefined && /\.r2\.cloudflarestorage\.com(:\d+)?\/?$/.test(endpoint);
}
