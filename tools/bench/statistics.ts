/** The middle value, or the mean of the two in the middle; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2;
}

/** `15.0 (14.6 to 15.9)`: the median and, of more than one value, the smallest and the largest. */
export function medianAndSpread(values: readonly number[], format: (value: number) => string): string {
  const middle = format(median(values));
  if (values.length < 2) return middle;
  return `${middle} (${format(Math.min(...values))} to ${format(Math.max(...values))})`;
}
