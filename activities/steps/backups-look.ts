import type { ResolvedPlan, ResolvedRepository } from '../../policy/resolved.ts';
import { formatDuration } from '../../policy/units.ts';
import {
  type BackupListing,
  directoryOf,
  listBackups,
  prepareDecryption,
  readManifest,
} from '../../repository/index.ts';
import type { SurveyedProofs } from '../../workflows/contract-restore-test.ts';
import { surveyProofs } from '../proofs.ts';
import { reasonOf } from '../reason.ts';
import { withRepository } from '../repositories.ts';
import type { Work } from '../work.ts';

/** What a plan's repositories list, as this zone sees it, and what is wrong with it. */
export type PlanLook = {
  plan: ResolvedPlan;
  /** The newest backup that counts, and where a copy of it can be read, those that can be read at once first. */
  newest: { backupId: string; startedAt: string; at: Holding[] } | null;
  /** When a copy of any of its backups was proven last; ISO 8601. */
  provenAt: string | null;
  faults: string[];
  /** What stands in nobody's way, and is to be known. */
  warnings: string[];
};

export type Holding = { repository: ResolvedRepository; archived: boolean };

type Surveyed = { repository: ResolvedRepository; survey: SurveyedProofs };

export type PlanQuestion = {
  plan: ResolvedPlan;
  /** Seconds. */
  tested: number;
  /** Zones that are lost: nothing is asked of them (law 10). */
  lost: readonly string[];
  now: number;
};

/** Looks at a plan's backups without reading their bytes: present, signed, of the right sizes, openable, proven. */
export async function lookAtPlan(question: PlanQuestion, work: Work): Promise<PlanLook> {
  const { plan, lost } = question;
  const reachable = plan.copies.filter(
    ({ kind, zone }) => !lost.includes(zone) && (kind !== 'filesystem' || zone === work.zone),
  );
  const warnings: string[] = [];
  const surveys: Surveyed[] = [];
  for (const repository of reachable)
    try {
      const asked = {
        repository,
        source: plan.source.name,
        plan: plan.name,
        shared: plan.siblings !== undefined,
      };
      surveys.push({ repository, survey: await surveyProofs(work, asked) });
    } catch (error) {
      if (work.signal.aborted) throw error;
      warnings.push(`${plan.name}: ${repository.name} can't be read: ${reasonOf(error).sentence}`);
    }
  const newest = newestOf(surveys);
  warnings.push(...disproven(plan, surveys));
  const provenAt = surveys.reduce<string | null>(
    (best, { survey }) =>
      survey.provenAt !== null && survey.provenAt > (best ?? '') ? survey.provenAt : best,
    null,
  );
  const faults = [
    ...missing(question, { readable: surveys.length, newest }),
    ...unproven(question, provenAt),
    ...(await locked(plan, work)),
  ];
  if (newest !== null) {
    const broken = await incomplete(plan, newest, work);
    newest.at = newest.at.filter(({ repository }) => !broken.has(repository.name));
    (newest.at.length === 0 ? faults : warnings).push(...broken.values());
  }
  return { plan, newest, provenAt, faults, warnings };
}

function newestOf(surveys: readonly Surveyed[]): PlanLook['newest'] {
  const counting = surveys.map(({ repository, survey }) => ({
    repository,
    // One that failed its restore test is no backup to rely on.
    backups: survey.backups.filter((each) => each.committed && !each.deleting && each.failedAt === undefined),
  }));
  const [first] = counting
    .flatMap(({ backups }) => backups)
    .sort((a, b) => (a.backupId < b.backupId ? 1 : -1));
  if (first === undefined) return null;
  const at = counting.flatMap(({ repository, backups }): Holding[] => {
    const held = backups.find(({ backupId }) => backupId === first.backupId);
    return held === undefined ? [] : [{ repository, archived: held.archived === true }];
  });
  const { backupId, startedAt } = first;
  return { backupId, startedAt, at: at.toSorted((a, b) => Number(a.archived) - Number(b.archived)) };
}

/** Newest copies that a restore test has found bad: what is older is taken, and somebody is to know. */
function disproven(plan: ResolvedPlan, surveys: readonly Surveyed[]): string[] {
  return surveys.flatMap(({ repository, survey }) => {
    const [newest] = survey.backups.filter(({ committed, deleting }) => committed && !deleting);
    if (newest?.failedAt === undefined) return [];
    return [
      `${plan.name}: the newest copy in ${repository.name}, ${newest.backupId}, failed its restore test on ${newest.failedAt}.`,
    ];
  });
}

function missing(
  { plan, lost }: PlanQuestion,
  { readable, newest }: { readable: number; newest: PlanLook['newest'] },
): string[] {
  const without = lost.length === 0 ? '' : ` outside ${lost.join(' and ')}`;
  if (readable === 0) return [`${plan.name} has no repository${without} that this zone can read.`];
  return newest === null ? [`${plan.name} has no backup that counts${without}.`] : [];
}

/** Seconds that clocks may differ by. */
const clockDrift = 3600;

/** Proof is too old, or there is none. */
function unproven({ plan, tested, now }: PlanQuestion, provenAt: string | null): string[] {
  const since = new Date(now - tested * 1000).toISOString();
  const wanted = `the step wants one of the last ${formatDuration(tested)}, since ${since}`;
  if (provenAt === null) return [`No copy of ${plan.name} was ever proven by a restore test, and ${wanted}.`];
  if (Date.parse(provenAt) > now + clockDrift * 1000)
    return [
      `${plan.name} was proven by a restore test on ${provenAt}, which is yet to come: a worker's clock is wrong, and nobody can say how old the proof is.`,
    ];
  return provenAt < since
    ? [`${plan.name} was proven by a restore test last on ${provenAt}, and ${wanted}.`]
    : [];
}

/** Whether this zone has the private key, by taking it into a keyring and throwing that away. */
async function locked(plan: ResolvedPlan, work: Work): Promise<string[]> {
  try {
    const decryption = await prepareDecryption(plan.key, work);
    await decryption.close();
    return [];
  } catch (error) {
    if (work.signal.aborted) throw error;
    return [`${plan.name} could not be decrypted here: ${reasonOf(error).sentence}`];
  }
}

/** Copies of the newest backup whose manifest does not hold, or whose files are not all there, by repository. */
async function incomplete(
  plan: ResolvedPlan,
  { backupId, at }: NonNullable<PlanLook['newest']>,
  work: Work,
): Promise<Map<string, string>> {
  const broken = new Map<string, string>();
  const backup = { source: plan.source.name, backupId };
  for (const { repository } of at)
    try {
      await withRepository(repository, work.signal, async (store) => {
        const { manifest } = await readManifest(store, backup, plan.signers, work.signal);
        const listed = await listBackups(store, { prefix: directoryOf(backup) }, work.signal);
        const lacking = manifest.files.filter(({ name, bytes }) => !isThere(listed, name, bytes));
        if (lacking.length > 0)
          broken.set(
            repository.name,
            `${plan.name}: the copy of ${backupId} in ${repository.name} lacks ${lacking.map(({ name }) => name).join(', ')}, or has it in another size.`,
          );
      });
    } catch (error) {
      if (work.signal.aborted) throw error;
      broken.set(repository.name, `${plan.name}: ${reasonOf(error).sentence}`);
    }
  return broken;
}

const isThere = (listed: readonly BackupListing[], name: string, bytes: number): boolean =>
  listed.some(({ files }) => files.some((file) => file.name === name && file.bytes === bytes));
