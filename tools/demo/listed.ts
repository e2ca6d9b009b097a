import { z } from 'zod';

const backupsSchema = z.object({
  backups: z.array(z.object({ backupId: z.string(), copies: z.array(z.unknown()) })),
});
const deletionsSchema = z.object({
  deletions: z.array(z.object({ workflowId: z.string(), endedAt: z.string().nullable() })),
});

/** Copies in what `holdfast backup list --json` printed. */
export function copiesIn(listed: unknown): number {
  return backupsSchema.parse(listed).backups.reduce((sum, { copies }) => sum + copies.length, 0);
}

/** Ids in what `holdfast backup list --json` printed, newest first. */
export function backupIds(listed: unknown): string[] {
  return backupsSchema.parse(listed).backups.map(({ backupId }) => backupId);
}

/** What `holdfast deletion list --json` printed. */
export function deletions(listed: unknown): { id: string; ended: boolean }[] {
  return deletionsSchema
    .parse(listed)
    .deletions.map(({ workflowId, endedAt }) => ({ id: workflowId, ended: endedAt !== null }));
}
