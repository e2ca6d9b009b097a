import { z } from 'zod';
import { HoldfastError } from '../policy/errors.ts';
import { restoreTestMarkdown } from '../reports/restore-test.ts';
import {
  carryEvidence,
  type EvidenceDocument,
  evidencePath,
  isNamedAfter,
  listEvidence,
  readEvidence,
  signEvidence,
} from '../repository/index.ts';
import type { Store } from '../repository/store.ts';
import type { Evidence } from '../workflows/contract-evidence.ts';
import type { ShownReport, SignTestReportInput, SoughtReport } from '../workflows/contract-restore-test.ts';
import { withRepository } from './repositories.ts';
import type { ReadTestReportIn } from './restore-test-types.ts';
import { newestReportOf } from './tested-marker.ts';
import type { Work } from './work.ts';

const kind = 'restore-test' as const;

/** The report of a restore test, for people and for programs, signed with the key of this worker's zone. */
export async function signTestReport(
  work: Work,
  { tested, signingKey }: SignTestReportInput,
): Promise<Evidence> {
  const facts = { kind, subject: tested.plan, at: tested.at, document: { ...tested } };
  const key = await work.secret(signingKey);
  return carryEvidence(await signEvidence(facts, restoreTestMarkdown(tested), key, work));
}

/**
 * The newest report in a repository that is sought; null where it has none.
 *
 * @throws HoldfastError `untrusted-signature` when it was changed or signed by a stranger, `corrupt-copy` when another
 *   report has its name, and what the store throws
 */
export async function readTestReport(
  work: Work,
  { repository, signers, sought }: ReadTestReportIn,
): Promise<ShownReport | null> {
  return withRepository(repository, work.signal, async (store) => {
    for (const path of await pathsOf(store, sought, work.signal)) {
      const { evidence, json, sha256, signedBy } = await readEvidence(store, path, signers, work.signal);
      // An old report that is well signed proves nothing under the name of a newer one.
      if (evidencePath(evidence) !== path || evidence.kind !== kind) throw misplaced(store, path);
      if (!isOf(evidence, sought)) continue;
      return { path, repository: repository.name, sha256, signedBy, json };
    }
    return null;
  });
}

/** Where it may be, the newest first. */
async function pathsOf(store: Store, sought: SoughtReport, signal: AbortSignal): Promise<string[]> {
  if ('backupId' in sought) {
    const path = await newestReportOf(store, sought, signal);
    return path === null ? [] : [path];
  }
  if ('path' in sought)
    return (await listEvidence(store, sought.path, signal)).filter((path) => path === sought.path);
  const paths = await listEvidence(store, `${kind}/`, signal);
  return paths.filter((path) => isNamedAfter(path, sought.plan)).reverse();
}

const tested = z.object({ backup: z.object({ backupId: z.string() }) });

/** What a report says itself counts, and not the marker or the name that led to it. */
function isOf({ subject, document }: EvidenceDocument, sought: SoughtReport): boolean {
  if ('plan' in sought) return subject === sought.plan;
  if ('backupId' in sought) return tested.safeParse(document).data?.backup.backupId === sought.backupId;
  return true;
}

function misplaced(store: Store, path: string): HoldfastError {
  return new HoldfastError('corrupt-copy', `What lies in ${store.name} as ${path} is another report.`, {
    hint: 'Take it from another repository, and find out who put this one there.',
  });
}
