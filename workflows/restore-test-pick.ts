/**
 * Which copy a restore test takes, and in which order the others follow. Pure: the same survey and the same run give
 * the same answer, with its reasons.
 */
import { formatDuration, longestSeconds } from '../policy/units.ts';
import type { PickedCopy, RestoreTestInput, SurveyedProofs } from './contract-restore-test.ts';

export type PickQuestion = {
  source: string;
  choice: NonNullable<RestoreTestInput['choice']>;
  /** In the order of the policy. */
  surveys: readonly SurveyedProofs[];
  /** ISO 8601. */
  now: string;
  /** Any text that no other run has; what is random follows from it. */
  seed: string;
  /** Whether copies in an archive class are brought back for a test; else they are left out. */
  thaw?: boolean;
  /** Whether somebody named the one repository that was looked at. */
  named?: boolean;
};

export type Picked = {
  backup: PickedCopy['backup'];
  /** Names of the repositories that have a copy: the one to be proven first, then where to go on. */
  repositories: string[];
  reasons: string[];
};

/** The copy to test; a sentence when there is none. */
export function pickCopy(question: PickQuestion): Picked | { none: string } {
  const { choice, surveys } = question;
  const known = surveys.map((survey) => ({ ...survey, ...testableIn(survey, question) }));
  const having = known.filter(({ testable }) => testable.length > 0).sort(byTurn);
  const leftOut = known.flatMap(leftOutSentence);
  const [turn] = having;
  if (turn === undefined) return { none: [noneSentence(choice, surveys), ...leftOut].join(' ') };
  const { backupId, why } = chooseAmong(turn.testable, question);
  const others = having.filter(
    (survey) => survey !== turn && survey.testable.some((each) => each.backupId === backupId),
  );
  return {
    backup: { source: question.source, backupId },
    repositories: [turn, ...others].map(({ repository }) => repository),
    reasons: [turnSentence(turn, having.length, question.named === true), why, ...leftOut],
  };
}

type Known = SurveyedProofs & {
  testable: SurveyedProofs['backups'];
  /** How many more there are in an archive class. */
  archived: number;
};

/** The repository whose last proof is oldest, never proven ones first; of equals the policy's first. */
function byTurn(a: Known, b: Known): number {
  return (a.provenAt ?? '') < (b.provenAt ?? '') ? -1 : (a.provenAt ?? '') > (b.provenAt ?? '') ? 1 : 0;
}

/** What of a repository may be tested: whole, not on its way out, asked for, and readable within minutes or hours. */
function testableIn(
  { backups }: SurveyedProofs,
  { choice, now, thaw }: PickQuestion,
): Pick<Known, 'testable' | 'archived'> {
  const since =
    choice.kind === 'random'
      ? Date.parse(now) - longestSeconds(choice.within) * 1000
      : Number.NEGATIVE_INFINITY;
  const wanted = backups.filter(
    ({ backupId, startedAt, committed, deleting }) =>
      committed &&
      !deleting &&
      Date.parse(startedAt) >= since &&
      (choice.kind !== 'backup' || choice.backupId === backupId),
  );
  const testable = wanted.filter(({ archived }) => thaw === true || archived !== true);
  return { testable, archived: wanted.length - testable.length };
}

/** Nothing of this is proven, and nobody is to think that it is. */
function leftOutSentence({ repository, archived }: Known): string[] {
  if (archived === 0) return [];
  const what = archived === 1 ? '1 copy' : `${archived} copies`;
  return [
    `${what} in ${repository} ${archived === 1 ? 'lies' : 'lie'} in an archive class and ${archived === 1 ? 'was' : 'were'} left out: \`restoreTest.thaw\` would have them brought back.`,
  ];
}

function chooseAmong(
  testable: SurveyedProofs['backups'],
  { choice, surveys, seed, named }: PickQuestion,
): { backupId: string; why: string } {
  const newestFirst = [...testable].sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
  const newest = newestFirst[0]?.backupId ?? '';
  switch (choice.kind) {
    case 'backup':
      return { backupId: choice.backupId, why: `${choice.backupId} was asked for.` };
    case 'latest':
      return { backupId: newest, why: `${newest} is the newest one there.` };
    case 'random': {
      const backupId = smallest(newestFirst, (each) => hashOf(`${seed}/${each.backupId}`)).backupId;
      const span = formatDuration(longestSeconds(choice.within));
      return { backupId, why: `${backupId} was drawn from ${testable.length} of the last ${span}.` };
    }
    case 'untested': {
      const proofs = provenAnywhere(surveys);
      const { backupId } = smallest(newestFirst, (each) => Date.parse(proofs.get(each.backupId) ?? '') || 0);
      const at = proofs.get(backupId);
      const there = named === true ? ' from there' : '';
      const why = at === undefined ? `was never proven${there}` : `was proven longest ago${there}, at ${at}`;
      return { backupId, why: `${backupId} ${why}.` };
    }
  }
}

/** The first of those with the least value. */
function smallest<T>(items: readonly T[], rank: (item: T) => number): T {
  const [first, ...rest] = items.map((item) => ({ item, value: rank(item) }));
  if (first === undefined) throw new RangeError('nothing to choose among');
  return rest.reduce((best, each) => (each.value < best.value ? each : best), first).item;
}

/** When each backup was proven last, from whichever copy. */
function provenAnywhere(surveys: readonly SurveyedProofs[]): Map<string, string> {
  const proofs = new Map<string, string>();
  for (const { backups } of surveys)
    for (const { backupId, provenAt } of backups)
      if (provenAt !== null && provenAt > (proofs.get(backupId) ?? '')) proofs.set(backupId, provenAt);
  return proofs;
}

/** FNV-1a with an avalanche behind it, 32 bits: equal texts draw equally, on every host. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function turnSentence({ repository, provenAt }: SurveyedProofs, choices: number, isNamed: boolean): string {
  if (isNamed) return `${repository} was asked for.`;
  if (choices === 1) return `Only ${repository} has such a copy that can be read.`;
  if (provenAt === null) return `It is the turn of ${repository}, from which nothing was ever proven.`;
  return `It is the turn of ${repository}, whose last proof of ${provenAt} is the oldest.`;
}

function noneSentence(choice: PickQuestion['choice'], surveys: readonly SurveyedProofs[]): string {
  if (surveys.length === 0) return 'No repository could be read.';
  const names = surveys.map(({ repository }) => repository).join(', ');
  if (choice.kind === 'backup') return `No copy of ${choice.backupId} is in ${names}.`;
  if (choice.kind === 'random')
    return `No backup of the last ${formatDuration(longestSeconds(choice.within))} is in ${names}.`;
  return `No backup is in ${names}.`;
}

/**
 * The longest time between neighbouring backups, and from the newest one to now: what would have been lost at the worst
 * moment. Of the last 30 days, in seconds; null without a backup.
 */
export function longestGap(surveys: readonly SurveyedProofs[], now: string): number | null {
  const end = Date.parse(now);
  const starts = new Set(
    surveys.flatMap(({ backups }) =>
      backups.filter(({ committed }) => committed).map(({ startedAt }) => Date.parse(startedAt)),
    ),
  );
  const window = end - 30 * 86_400_000;
  const sorted = [...starts].filter((start) => start <= end).sort((a, b) => a - b);
  // The one before the window counts as well: the gap that reaches into it is of the last 30 days.
  const first = sorted.findLastIndex((start) => start < window);
  const seen = sorted.slice(Math.max(first, 0));
  if (seen.length === 0) return null;
  return Math.max(...seen.map((start, index) => (seen[index + 1] ?? end) - start)) / 1000;
}
