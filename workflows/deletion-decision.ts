/** Law 4 for a deletion that people ask for: what may go and why, from what the repositories say. Pure. */

import type { DeletionItem, RepositorySurvey, SurveyedCopy } from './contract-deletion.ts';
import type { BackupRef } from './contract-verify.ts';
import { nameOf } from './deletion-text.ts';

export type DeletionRefusal = { backup: BackupRef | null; sentence: string };

export type DeletionDecision = {
  items: DeletionItem[];
  /** Anything here means that nothing goes. */
  refusals: DeletionRefusal[];
  notReached: string[];
};

/**
 * What goes of the backups asked for, all or nothing. The newest verified backup of a source never goes, so that any
 * number of deletions at once leave it.
 *
 * @param manual names of the repositories that a person attaches: one that is away is left out, and told
 */
export function decideDeletion(
  backups: readonly BackupRef[],
  surveys: readonly RepositorySurvey[],
  manual: readonly string[],
): DeletionDecision {
  const away = surveys.filter(({ unreadable }) => unreadable !== undefined);
  const unread = away.filter(({ repository }) => !manual.includes(repository));
  const refusals: DeletionRefusal[] = unread.map(({ repository, unreadable }) => ({
    backup: null,
    sentence: `The repository ${repository} can't be read, so nothing is decided: ${unreadable}`,
  }));
  const readable = surveys.filter(({ unreadable }) => unreadable === undefined);
  const items = backups.map((backup) => {
    const copies = readable.flatMap(({ repository, found }) =>
      found.filter((copy) => nameOf(copy.backup) === nameOf(backup)).map((copy) => ({ ...copy, repository })),
    );
    const newest = newestOf(
      backup.source,
      readable.filter(({ repository }) => !manual.includes(repository)),
    );
    if (unread.length === 0)
      refusals.push(...refusalsOf(backup, copies, newest).map((sentence) => ({ backup, sentence })));
    return { backup, because: reasonOf(copies, newest), copies: copies.map(doomed) };
  });
  return { items, refusals, notReached: away.map(({ repository }) => repository) };
}

function doomed({ repository, files, versions, bytes }: SurveyedCopy) {
  return { repository, files, versions, bytes };
}

type Newest = { backupId: string; repository: string } | null;

/** The newest verified backup of a source that would be left, in any repository that is always there. */
function newestOf(source: string, surveys: readonly RepositorySurvey[]): Newest {
  return surveys
    .flatMap(({ repository, newest }) =>
      newest.filter((each) => each.source === source).map(({ backupId }) => ({ backupId, repository })),
    )
    .reduce<Newest>((best, each) => (best === null || each.backupId > best.backupId ? each : best), null);
}

function refusalsOf(backup: BackupRef, copies: readonly SurveyedCopy[], newest: Newest): string[] {
  const name = nameOf(backup);
  if (copies.length === 0) return [`No repository that could be read holds ${name}.`];
  return [...lastOfItsSource(backup, copies, newest), ...copies.flatMap((copy) => obstaclesOf(name, copy))];
}

/** What is only left of a deletion that was ended midway is no recovery point any more. */
function lastOfItsSource(
  { source, backupId }: BackupRef,
  copies: readonly SurveyedCopy[],
  newest: Newest,
): string[] {
  const name = `${source}/${backupId}`;
  if (!copies.some(({ whole }) => whole)) return [];
  if (newest === null)
    return [`${name} is the last verified backup of ${source}: nothing verified would be left.`];
  return newest.backupId > backupId
    ? []
    : [`${name} has no newer verified backup: the newest that would be left is ${newest.backupId}.`];
}

function obstaclesOf(name: string, copy: SurveyedCopy): string[] {
  const where = `${name} in ${copy.repository}`;
  const sentences = [
    ...copy.holds.map((id) => `${where} is under the legal hold ${id}: release it first.`),
    ...copy.readers.map((until) => `${where} is being read by a restore, until ${until} at the longest.`),
    ...copy.neededBy.map((other) => `${where} is needed by ${other}, which is kept.`),
  ];
  if (copy.legalHold) sentences.push(`${where} is under a legal hold of the object store.`);
  if (copy.lockUnknown !== undefined)
    sentences.push(`It can't be asked whether ${where} is locked: ${copy.lockUnknown}`);
  if (copy.lockedUntil !== null)
    sentences.push(
      `${where} is locked until ${copy.lockedUntil}, and nobody can delete it before: ask again then.`,
    );
  return sentences;
}

function reasonOf(copies: readonly SurveyedCopy[], newest: Newest): string {
  if (copies.length > 0 && !copies.some(({ whole }) => whole))
    return 'it is no whole backup: only its rest is removed';
  const kept = copies.flatMap(({ keptAs }) => (keptAs === null ? [] : [keptAs]));
  const longest = kept.reduce<(typeof kept)[number] | null>(
    (best, each) => (best === null || each.until > best.until ? each : best),
    null,
  );
  return [
    newest === null ? 'nothing newer' : `the newer ${newest.backupId} is verified in ${newest.repository}`,
    'no hold, no lock, no restore reads it, no kept backup needs it',
    ...(longest === null ? [] : [`retention would have kept it as ${longest.tier} until ${longest.until}`]),
  ].join('; ');
}
