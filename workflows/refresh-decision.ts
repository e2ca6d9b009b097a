/**
 * Which backup a refresh takes, and why: the newest that was proven, where one was within the policy's limit; else the
 * newest. Never one whose newest restore test failed. Pure.
 */
import { formatDuration } from '../policy/units.ts';
import type { SurveyedProofs } from './contract-restore-test.ts';

export type RefreshQuestion = {
  surveys: readonly SurveyedProofs[];
  /** ISO 8601. */
  now: string;
  /** Seconds that a proven backup may be old to be taken before newer ones that are not. */
  provenWithin: number;
};

/** A backup that may be taken, the repositories whose copies may be, and why it. */
export type RefreshCandidate = { backupId: string; repositories: string[]; why: string };

/** The one to take, then what follows where it can't be trusted; and what is passed over for a failed test. */
export function refreshCandidates(question: RefreshQuestion): {
  candidates: RefreshCandidate[];
  passedOver: string[];
} {
  const known = knownBackups(question.surveys);
  const sound = known.filter((backup) => !isDisproven(backup));
  const since = Date.parse(question.now) - question.provenWithin * 1000;
  const isProven = ({ provenAt, startedAt }: Known) => provenAt !== null && Date.parse(startedAt) >= since;
  const others = sound.filter((backup) => !isProven(backup));
  const candidates = [
    ...sound.filter(isProven).map((backup) => candidateOf(backup, whyProven(backup, others))),
    ...others.map((backup) => candidateOf(backup, whyNewest(backup, question.provenWithin))),
  ];
  const [first] = candidates;
  const passedOver = known
    .filter((backup) => isDisproven(backup) && (first === undefined || backup.backupId > first.backupId))
    .map(({ backupId, failedAt }) => `${backupId} is passed over: its restore test of ${failedAt} failed.`);
  return { candidates, passedOver };
}

type Known = {
  backupId: string;
  startedAt: string;
  /** Those whose own newest test did not fail. */
  repositories: string[];
  provenAt: string | null;
  failedAt: string | null;
};

/** Each backup once, the newest first. */
function knownBackups(surveys: readonly SurveyedProofs[]): Known[] {
  const known = new Map<string, Known>();
  for (const { repository, backups } of surveys)
    for (const { backupId, startedAt, committed, deleting, provenAt, failedAt } of backups) {
      if (!committed || deleting) continue;
      const before = known.get(backupId);
      known.set(backupId, {
        backupId,
        startedAt,
        repositories: [...(before?.repositories ?? []), ...(failedAt === undefined ? [repository] : [])],
        provenAt: later(before?.provenAt ?? null, provenAt),
        failedAt: later(before?.failedAt ?? null, failedAt ?? null),
      });
    }
  return [...known.values()].sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
}

function later(a: string | null, b: string | null): string | null {
  return (a ?? '') > (b ?? '') ? a : b;
}

/** A proof that is newer than the failure answers it: the other copies are good. */
function isDisproven({ repositories, provenAt, failedAt }: Known): boolean {
  return failedAt !== null && (repositories.length === 0 || (provenAt ?? '') < failedAt);
}

function candidateOf({ backupId, repositories }: Known, why: string): RefreshCandidate {
  return { backupId, repositories, why };
}

function whyProven({ backupId, provenAt }: Known, others: readonly Known[]): string {
  const newer = others.filter((other) => other.backupId > backupId).length;
  const untested = newer === 0 ? '' : `, and ${newer} newer ${newer === 1 ? 'was' : 'were'} never proven`;
  return `${backupId} is the newest that a restore test has proven, at ${provenAt}${untested}.`;
}

function whyNewest({ backupId, provenAt }: Known, provenWithin: number): string {
  if (provenAt !== null) return `${backupId} is the newest, and was proven at ${provenAt}.`;
  const within = provenWithin === 0 ? '' : `: no backup of the last ${formatDuration(provenWithin)} was`;
  return `${backupId} is the newest, and was never proven${within}.`;
}
