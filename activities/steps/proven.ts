import { z } from 'zod';
import type { ResolvedPlan, ResolvedRepository } from '../../policy/resolved.ts';
import type { BackupRef } from '../../workflows/contract-verify.ts';
import { surveyProofs } from '../proofs.ts';
import { reasonOf } from '../reason.ts';
import { readTestReport } from '../restore-test-report.ts';
import type { Work } from '../work.ts';

/** A copy that a restore test has proven. */
export type ProvenCopy = {
  backup: BackupRef;
  repository: ResolvedRepository;
  /** When the backup was begun: what was written later is not in it. */
  startedAt: string;
  provenAt: string;
};

export type Proven = {
  newest: ProvenCopy | null;
  /** Backups that are newer and were not proven. */
  newer: number;
  warnings: string[];
};

/**
 * The newest backup of a plan of which a copy that this zone can read was proven, and never found bad after that. Nothing
 * is asked of lost zones (law 10).
 */
export async function newestProven(plan: ResolvedPlan, lost: readonly string[], work: Work): Promise<Proven> {
  const warnings: string[] = [];
  const copies: ProvenCopy[] = [];
  const counting = new Set<string>();
  const reachable = plan.copies.filter(
    ({ kind, zone }) => !lost.includes(zone) && (kind !== 'filesystem' || zone === work.zone),
  );
  for (const repository of reachable)
    try {
      const { backups } = await surveyProofs(work, {
        repository,
        source: plan.source.name,
        plan: plan.name,
        shared: plan.siblings !== undefined,
      });
      for (const { backupId, startedAt, committed, deleting, provenAt, failedAt, archived } of backups) {
        if (!committed || deleting || failedAt !== undefined || archived === true) continue;
        counting.add(backupId);
        const backup = { source: plan.source.name, backupId };
        if (provenAt !== null) copies.push({ backup, repository, startedAt, provenAt });
      }
    } catch (error) {
      if (work.signal.aborted) throw error;
      warnings.push(`${repository.name} can't be read: ${reasonOf(error).sentence}`);
    }
  const [newest] = copies.sort((a, b) => (a.backup.backupId < b.backup.backupId ? 1 : -1));
  const newer = [...counting].filter((id) => newest === undefined || id > newest.backup.backupId);
  return { newest: newest ?? null, newer: newer.length, warnings };
}

const report = z.object({
  document: z.object({ attempts: z.array(z.object({ restoreSeconds: z.number().nullable() })) }),
});

/** Seconds that the newest restore test of a copy took to restore it; null where no report can be read. */
export async function secondsToRestore(
  plan: ResolvedPlan,
  { repository, backup }: ProvenCopy,
  work: Work,
): Promise<number | null> {
  const sought = { backupId: backup.backupId, sources: [backup.source] };
  try {
    const shown = await readTestReport(work, { repository, signers: plan.signers, sought });
    const told = shown === null ? undefined : report.safeParse(JSON.parse(shown.json)).data;
    const restored = told?.document.attempts.findLast(({ restoreSeconds }) => restoreSeconds !== null);
    return restored?.restoreSeconds ?? null;
  } catch (error) {
    if (work.signal.aborted) throw error;
    return null;
  }
}
