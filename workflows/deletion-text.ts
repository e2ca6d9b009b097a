/** The texts that people sign and read when backups are deleted. Pure: the command line makes them too. */

import type { DeletionItem, DeletionList } from './contract-deletion.ts';
import type { BackupRef } from './contract-verify.ts';

/** The name of a backup as people and the audit log write it. */
export const nameOf = ({ source, backupId }: BackupRef): string => `${source}/${backupId}`;

/** How approvers of a deletion are spoken to. */
export const deletionWords = {
  request: 'this deletion',
  preparing: 'What is deleted is still being computed.',
};

/**
 * The canonical text of what is deleted, one fact a line, the same for the same facts. Its SHA-256 is what an approval
 * names.
 */
export function listText(about: {
  organization: string;
  workflowId: string;
  requester: string;
  reason: string;
  items: readonly DeletionItem[];
  notReached: readonly string[];
}): string {
  return [
    'holdfast-deletion/1',
    `organization: ${about.organization}`,
    `workflow: ${about.workflowId}`,
    `requester: ${about.requester}`,
    `reason: ${about.reason}`,
    ...about.items.flatMap(({ backup, because, copies }) => [
      `backup: ${nameOf(backup)}`,
      `  because: ${because}`,
      ...copies.map(
        ({ repository, files, versions, bytes }) =>
          `  copy: ${repository} files=${files} versions=${versions} bytes=${bytes}`,
      ),
    ]),
    ...about.notReached.map((repository) => `not reached: ${repository}`),
    '',
  ].join('\n');
}

/** What an approval's signature is over: the run, the step and the list that the person saw. */
export function approvalText(approval: { workflowId: string; by: string; hash: string }): string {
  return [
    'holdfast-approval/1',
    `workflow: ${approval.workflowId}`,
    'step: delete',
    `list: sha256:${approval.hash}`,
    `person: ${approval.by}`,
    '',
  ].join('\n');
}

/**
 * Where the repositories now hold more than was approved; empty when they hold the same or less. What has gone by
 * itself was to go anyway.
 */
export function growthSince(
  approved: Pick<DeletionList, 'items'>,
  now: Pick<DeletionList, 'items'>,
): string[] {
  const known = new Map(
    approved.items.flatMap(({ backup, copies }) =>
      copies.map((copy) => [`${nameOf(backup)} ${copy.repository}`, copy] as const),
    ),
  );
  return now.items.flatMap(({ backup, copies }) =>
    copies.flatMap((copy) => {
      const before = known.get(`${nameOf(backup)} ${copy.repository}`);
      if (before === undefined)
        return [`${nameOf(backup)} has a copy in ${copy.repository} that was not approved.`];
      return copy.versions > before.versions || copy.bytes > before.bytes || copy.files > before.files
        ? [`${nameOf(backup)} in ${copy.repository} is more than what was approved.`]
        : [];
    }),
  );
}
