import { z } from 'zod';
import { HoldfastError } from '../policy/errors.ts';
import type { Signer } from '../policy/resolved.ts';
import { readManifest } from './catalogue.ts';
import type { CheckedReport, EvidenceFault } from './evidence-check.ts';
import { type BackupName, directoryOf, isBackupId, manifestName } from './layout.ts';
import { jsonOf } from './marker.ts';
import { parseMarker } from './markers.ts';
import type { Store } from './store.ts';

const tested = z.object({
  backup: z.object({
    source: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/),
    backupId: z.string().refine(isBackupId),
  }),
});

const marker = z.object({ report: z.object({ path: z.string(), sha256: z.string() }).nullable() });

/** What of the backups that reports speak of lies beside the reports. */
export type TestedBackups = {
  /** Backups whose manifest is here and holds. */
  whole: number;
  /** Those that are not here: expired, or in another repository. */
  absent: number;
  faults: EvidenceFault[];
};

/**
 * Follows restore tests to the backups that they tested, where those lie in the same place: each has a manifest whose
 * signature holds, and what its markers say of a report is true of the one that is here.
 *
 * @throws what the store throws
 */
export async function checkTestedBackups(
  store: Store,
  reports: readonly CheckedReport[],
  { signers, signal }: { signers: readonly Signer[]; signal?: AbortSignal },
): Promise<TestedBackups> {
  const hashes = new Map(reports.map(({ path, sha256 }) => [path, sha256]));
  const result: TestedBackups = { whole: 0, absent: 0, faults: [] };
  for (const backup of backupsIn(reports)) {
    const directory = directoryOf(backup);
    const files: string[] = [];
    for await (const key of store.listKeys(directory, signal)) files.push(key.slice(directory.length));
    if (files.length === 0 || files.some((file) => parseMarker(file)?.kind === 'deleting')) {
      result.absent += 1;
      continue;
    }
    const fault = await manifestFault(store, backup, signers, signal);
    if (fault === null) result.whole += 1;
    else result.faults.push({ file: `${directory}${manifestName}`, fault: 'manifest', sentence: fault });
    for (const file of files.filter((each) => parseMarker(each)?.kind === 'tested')) {
      const sentence = await markerFault(store, `${directory}${file}`, hashes, signal);
      if (sentence !== null) result.faults.push({ file: `${directory}${file}`, fault: 'marker', sentence });
    }
  }
  return result;
}

/** Each backup that a restore test is about, once. */
function backupsIn(reports: readonly CheckedReport[]): BackupName[] {
  const found = new Map<string, BackupName>();
  for (const { evidence } of reports) {
    if (evidence?.kind !== 'restore-test') continue;
    const read = tested.safeParse(evidence.document);
    if (read.success) found.set(`${read.data.backup.source}/${read.data.backup.backupId}`, read.data.backup);
  }
  return [...found.values()];
}

async function manifestFault(
  store: Store,
  backup: BackupName,
  signers: readonly Signer[],
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    await readManifest(store, backup, signers, signal);
    return null;
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    if (!['not-found', 'untrusted-signature', 'corrupt-copy'].includes(error.code)) throw error;
    return error.code === 'not-found'
      ? 'A report speaks of this backup, and its manifest is gone.'
      : error.message;
  }
}

async function markerFault(
  store: Store,
  key: string,
  hashes: ReadonlyMap<string, string | null>,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  const bytes = await store.get(key, signal);
  if (!bytes) return null;
  const read = marker.safeParse(jsonOf(bytes));
  if (!read.success) return 'This marker can’t be understood.';
  const { report } = read.data;
  if (report === null || !hashes.has(report.path) || hashes.get(report.path) === report.sha256) return null;
  return `It names the report ${report.path} with another SHA-256 than the one that is here.`;
}
