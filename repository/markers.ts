/**
 * Markers: small create-only files beside a backup whose names say what became of it after it was made. Nothing is
 * ever taken back by removing one: a later marker answers an earlier one. Pure and free of Node.
 */
import { type Tier, tiers } from '../policy/resolved.ts';
import { isBackupId } from './layout.ts';

export type Marker =
  /** Promised to be kept as this tier through that day (YYYY-MM-DD, in the policy's time zone). */
  | { kind: 'keep'; tier: Tier; until: string }
  /** Restore-tested at an instant, with a result. */
  | { kind: 'tested'; at: string; result: string }
  /** A legal hold, until an `unhold` of the same id. */
  | { kind: 'hold'; id: string }
  | { kind: 'unhold'; id: string }
  /** A restore reads it, until a `read` of the same id, and at the longest until that instant. */
  | { kind: 'reading'; until: string; id: string }
  | { kind: 'read'; id: string }
  /** It can't be restored without that other backup. */
  | { kind: 'needs'; backupId: string }
  /** Its removal has begun: what is left of it is only to be removed. */
  | { kind: 'deleting'; id: string };

const idPattern = /^[0-9a-f]{8}$/;

/** The file name of a marker. @throws RangeError when a part has not the form of one: an internal fault */
export function markerName(marker: Marker): string {
  const name = `${partsOf(marker).join('.')}.json`;
  if (parseMarker(name) === null) throw new RangeError(`${name} is no name of a marker`);
  return name;
}

function partsOf(marker: Marker): string[] {
  switch (marker.kind) {
    case 'keep':
      return ['keep', marker.tier, marker.until.replaceAll('-', '')];
    case 'tested':
      return ['tested', stampOf(marker.at), marker.result];
    case 'reading':
      return ['reading', stampOf(marker.until), marker.id];
    case 'needs':
      return ['needs', marker.backupId];
    default:
      return [marker.kind, marker.id];
  }
}

/** What a marker's file name says; null when it is none that this version understands. */
export function parseMarker(file: string): Marker | null {
  const [kind, first = '', second = '', ...rest] = file.split('.');
  if (rest.length > 1 || !file.endsWith('.json')) return null;
  const three = rest.length === 1;
  if (kind === 'keep' && three) {
    const tier = tiers.find((each) => each === first);
    const until = dayOf(second);
    return tier === undefined || until === null ? null : { kind, tier, until };
  }
  if (kind === 'tested' && three) {
    const at = instantOf(first);
    return at === null || second === '' ? null : { kind, at, result: second };
  }
  if (kind === 'reading' && three) {
    const until = instantOf(first);
    return until === null || !idPattern.test(second) ? null : { kind, until, id: second };
  }
  if (three) return null;
  if (kind === 'needs') return isBackupId(first) ? { kind, backupId: first } : null;
  if (kind === 'hold' || kind === 'unhold' || kind === 'read' || kind === 'deleting')
    return idPattern.test(first) ? { kind, id: first } : null;
  return null;
}

/** A copy's newest restore test, from the names of its markers; null when it was never tested. */
export function newestTestOf(markers: readonly string[]): { at: string; result: string } | null {
  const tests = markers.map(parseMarker).flatMap((marker) => (marker?.kind === 'tested' ? [marker] : []));
  return tests.sort((a, b) => (a.at < b.at ? -1 : 1)).at(-1) ?? null;
}

/** The result of a copy's newest restore test; null when it was never tested. */
export function lastTestOf(markers: readonly string[]): string | null {
  return newestTestOf(markers)?.result ?? null;
}

/** `20261206T010312Z` for an instant of ISO 8601. */
export function stampOf(instant: string): string {
  return `${new Date(instant).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

function instantOf(stamp: string): string | null {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp) ?? [];
  if (second === undefined) return null;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`;
  const instant = new Date(iso);
  return Number.isNaN(instant.getTime()) || instant.toISOString() !== iso ? null : iso;
}

function dayOf(digits: string): string | null {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(digits) ?? [];
  if (day === undefined) return null;
  const text = `${year}-${month}-${day}`;
  const instant = new Date(`${text}T00:00:00.000Z`);
  return Number.isNaN(instant.getTime()) || instant.toISOString().slice(0, 10) !== text ? null : text;
}
