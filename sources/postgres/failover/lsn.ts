/** Positions in the write-ahead log, as PostgreSQL prints them: `0/3000148`. Pure. */

/** Bytes from one position to another; negative where the second is behind the first. */
export function bytesBetween(from: string, to: string): number {
  return Number(offsetOf(to) - offsetOf(from));
}

/** The later of the positions that are known; null when none is. */
export function latestOf(...positions: (string | null)[]): string | null {
  return positions.reduce<string | null>((latest, each) => {
    if (each === null) return latest;
    return latest === null || bytesBetween(latest, each) > 0 ? each : latest;
  }, null);
}

function offsetOf(position: string): bigint {
  const [, high, low] = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(position) ?? [];
  if (high === undefined || low === undefined) throw new RangeError(`${position} is no position in a log`);
  return BigInt(`0x${high}`) * 2n ** 32n + BigInt(`0x${low}`);
}
