/** Units of time and size: what people write in a policy, and how reports print them. */

const secondsPer = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;
const bytesPer = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
} as const;

/** Reads a duration such as `90s`, `5m`, `2h`, `30d`, `12w`, or parts as `1h30m`; seconds, or null when it is none. */
export function parseDuration(text: string): number | null {
  if (!/^(\d+[smhdw])+$/.test(text)) return null;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+)([smhdw])/g)) {
    if (unit === 's' || unit === 'm' || unit === 'h' || unit === 'd' || unit === 'w')
      total += Number(amount) * secondsPer[unit];
  }
  return Number.isSafeInteger(total) ? total : null;
}

/** Reads a size such as `500MiB`, `10GB` or `4096B`; bytes, or null when it is none. */
export function parseSize(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*([KMGT]i?B|B)$/.exec(text);
  const [, amount, unit] = match ?? [];
  if (amount === undefined || unit === undefined || !isSizeUnit(unit)) return null;
  const bytes = Math.round(Number(amount) * bytesPer[unit]);
  return Number.isSafeInteger(bytes) ? bytes : null;
}

function isSizeUnit(text: string): text is keyof typeof bytesPer {
  return Object.hasOwn(bytesPer, text);
}

/** Prints a count for people: `1 table`, `3 tables`, `2 queries`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** Prints bytes for people: `1.4 GiB`, `512 B`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];
  let value = bytes;
  let step = 0;
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step += 1;
  }
  return `${step === 0 ? value : value.toFixed(value < 10 ? 1 : 0)} ${units[step]}`;
}

/** Prints money for people: `12.30 EUR`. */
export function formatCost(amount: number, currency: string): string {
  return `${amount.toFixed(2)} ${currency}`;
}

/** Prints seconds for people, the largest unit and the one below it: `2h 5m`, `1d`, `45s`, `0.4s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10}s`;
  const units = [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
    ['s', 1],
  ] as const;
  const whole = Math.round(seconds);
  const largest = units.findIndex(([, size]) => whole >= size);
  let rest = whole;
  const parts: string[] = [];
  for (const [unit, size] of units.slice(largest, largest + 2)) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
  }
  return parts.join(' ');
}

/** A time on the calendar: months and years have no fixed number of days. */
export type Span = { count: number; unit: 'hour' | 'day' | 'week' | 'month' | 'year' };

const spanUnits = { h: 'hour', d: 'day', w: 'week', m: 'month', y: 'year' } as const;

/** Reads how long a tier is kept: `48h`, `30d`, `12w`, `12m` (months) or `7y`; null when it is none of these. */
export function parseSpan(text: string): Span | null {
  const [, amount, letter] = /^([1-9]\d{0,4})([hdwmy])$/.exec(text) ?? [];
  if (amount === undefined || letter === undefined || !isSpanLetter(letter)) return null;
  return { count: Number(amount), unit: spanUnits[letter] };
}

function isSpanLetter(text: string): text is keyof typeof spanUnits {
  return Object.hasOwn(spanUnits, text);
}

/** The most seconds that a span can last: months of 31 days and years of 366. */
export function longestSeconds(span: Span): number {
  const seconds = { hour: 3600, day: 86_400, week: 604_800, month: 31 * 86_400, year: 366 * 86_400 };
  return span.count * seconds[span.unit];
}
