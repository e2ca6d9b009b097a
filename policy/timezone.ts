import { suggest } from './nearest.ts';

/**
 * What is wrong with the name of a time zone, or null. It is written as in the IANA database, also in upper and lower
 * case: Node would take other spellings, and offsets, that Temporal's server doesn't.
 */
export function faultInTimezone(name: string): string | null {
  const known = Intl.supportedValuesOf('timeZone');
  if (name === 'UTC' || known.includes(name)) return null;
  const otherCase = known.some((zone) => zone.toLowerCase() === name.toLowerCase());
  if (!otherCase && /^[A-Z]/.test(name) && isAccepted(name)) return null;
  return `no such time zone; ${suggest(name, nearNames(name, known)) ?? 'write one like Europe/Amsterdam'}`;
}

function isAccepted(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** Zones of the same part of the world first: `Europe/Amsterdm` is near a European one. */
function nearNames(name: string, known: string[]): string[] {
  const [area] = name.split('/');
  const same = known.filter((zone) => zone.toLowerCase().startsWith(`${area?.toLowerCase()}/`));
  return ['UTC', ...(same.length > 0 ? same : known)];
}
