import type { ResolvedRepository } from '../policy/resolved.ts';
import { type BackupListing, listBackups, readManifest } from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type { CatalogueEntry, CatalogueInput, CatalogueResult } from '../workflows/contract-catalogue.ts';
import { marksOf } from './marks.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

const readersAtOnce = 8;

/** Lists the newest committed backups that match, in each repository; what can't be read is named, never left out. */
export async function readCatalogue(work: Work, input: CatalogueInput): Promise<CatalogueResult> {
  const result: CatalogueResult = { entries: [], more: false, unreadable: [] };
  for (const repository of input.repositories) {
    try {
      const part = await withRepository(repository, work.signal, (store) =>
        listOne(store, repository, input, work),
      );
      result.entries.push(...part.entries);
      result.more ||= part.more;
    } catch (error) {
      if (work.signal.aborted) throw error;
      result.unreadable.push({ repository: repository.name, sentence: reasonOf(error).sentence });
    }
  }
  return result;
}

async function listOne(
  store: Store,
  repository: ResolvedRepository,
  { filter, limit, signers }: CatalogueInput,
  work: Work,
) {
  const listed = await listBackups(
    store,
    filter.source === undefined ? {} : { source: filter.source },
    work.signal,
  );
  const candidates = listed
    .filter(
      (backup) => backup.committed && (filter.backupId === undefined || backup.backupId === filter.backupId),
    )
    .sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
  const entries: CatalogueEntry[] = [];
  let next = 0;
  while (next < candidates.length && entries.length < limit) {
    const batch = candidates.slice(next, next + Math.min(readersAtOnce, limit - entries.length));
    next += batch.length;
    const read = await Promise.all(
      batch.map((backup) => entryOf(store, repository.name, backup, signers, work)),
    );
    entries.push(...read.filter((entry) => filter.plan === undefined || entry.plan === filter.plan));
  }
  return { entries, more: next < candidates.length };
}

async function entryOf(
  store: Store,
  repository: string,
  backup: BackupListing,
  signers: CatalogueInput['signers'],
  work: Work,
): Promise<CatalogueEntry> {
  const { source, backupId } = backup;
  try {
    const { manifest, signedBy } = await readManifest(store, backup, signers, work.signal);
    return {
      repository,
      source,
      backupId,
      plan: manifest.plan,
      startedAt: manifest.startedAt,
      endedAt: manifest.endedAt,
      dataTime: manifest.dataTime,
      bytes: manifest.files.reduce((sum, file) => sum + file.bytes, 0),
      rawBytes: manifest.files.find((file) => file.role === 'data')?.rawBytes ?? null,
      tables: manifest.fingerprint?.tables ?? null,
      rows: manifest.fingerprint?.rows ?? null,
      server: manifest.server,
      key: manifest.key,
      signedBy,
      wanted: manifest.copies,
      workflowId: manifest.workflowId,
      runId: manifest.runId,
      files: manifest.files.map(({ name, role, bytes, rawBytes, sha256 }) => ({
        name,
        role,
        bytes,
        rawBytes,
        sha256,
      })),
      ...(await marksOf(store, backup, work.signal)),
    };
  } catch (error) {
    if (work.signal.aborted) throw error;
    const { code, sentence } = reasonOf(error);
    // Only what is wrong with the manifest itself belongs to the entry; a repository that fails is no backup's fault.
    if (code !== 'untrusted-signature' && code !== 'corrupt-copy') throw error;
    return { ...unknownEntry(repository, source, backupId), fault: sentence };
  }
}

function unknownEntry(repository: string, source: string, backupId: string): CatalogueEntry {
  return {
    repository,
    source,
    backupId,
    plan: '',
    startedAt: '',
    endedAt: '',
    dataTime: '',
    bytes: 0,
    rawBytes: null,
    tables: null,
    rows: null,
    server: '',
    key: '',
    signedBy: null,
    wanted: [],
    workflowId: '',
    runId: '',
    files: [],
  };
}
