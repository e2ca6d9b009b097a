import type { ResolvedRepository } from '../policy/resolved.ts';
import { manifestOf } from '../repository/catalogue.ts';
import { type BackupListing, keyOf } from '../repository/index.ts';
import { manifestName } from '../repository/layout.ts';
import type { Store } from '../repository/store.ts';

/** What a survey wants of a manifest: whose backup it is, and the size of its data, stored and before that. */
export type ManifestFacts = { plan: string; bytes: number; rawBytes: number | null };

/** Some 200 bytes each. */
const most = 200_000;
const together = 200;

/** By place and key: a manifest is written once and never changes, so that it is read once by each process. */
const known = new Map<string, ManifestFacts>();

/**
 * The facts of the manifests of backups, by backup id; one that is gone or can't be understood is not in it. Signatures
 * are not checked: nothing is restored from this, and a look at thousands must stay quick.
 */
export async function manifestFacts(
  store: Store,
  place: string,
  backups: readonly BackupListing[],
  signal: AbortSignal,
): Promise<Map<string, ManifestFacts>> {
  const found = new Map<string, ManifestFacts>();
  const unread: { backupId: string; key: string }[] = [];
  for (const backup of backups) {
    const key = keyOf(backup, manifestName);
    const facts = known.get(`${place} ${key}`);
    if (facts === undefined) unread.push({ backupId: backup.backupId, key });
    else found.set(backup.backupId, facts);
  }
  for (let at = 0; at < unread.length; at += together) {
    const batch = unread.slice(at, at + together);
    const bodies = await store.getMany(
      batch.map(({ key }) => key),
      signal,
    );
    for (const [index, { backupId, key }] of batch.entries()) {
      const facts = factsIn(bodies[index] ?? null);
      if (facts === null) continue;
      found.set(backupId, facts);
      remember(`${place} ${key}`, facts);
    }
  }
  return found;
}

function factsIn(body: Uint8Array | null): ManifestFacts | null {
  const manifest = body === null ? null : manifestOf(body);
  if (manifest === null) return null;
  const data = manifest.files.find(({ role }) => role === 'data');
  return { plan: manifest.plan, bytes: data?.bytes ?? 0, rawBytes: data?.rawBytes ?? null };
}

function remember(key: string, facts: ManifestFacts): void {
  if (known.size >= most) {
    const [oldest] = known.keys();
    if (oldest !== undefined) known.delete(oldest);
  }
  known.set(key, facts);
}

/** Where a repository is, whatever a policy calls it: two organizations may both have an `offsite`. */
export function placeOf(repository: ResolvedRepository): string {
  return repository.kind === 's3'
    ? `${repository.endpoint ?? repository.awsRegion} ${repository.bucket}/${repository.prefix}`
    : repository.path;
}
