import { isCancellation } from '@temporalio/workflow';
import type { ResolvedRepository } from '../policy/resolved.ts';
import type { CatalogueEntry, CatalogueInput } from './contract-catalogue.ts';
import type { RefreshInput } from './contract-refresh.ts';
import type { SurveyedProofs } from './contract-restore-test.ts';
import type { BackupRef } from './contract-verify.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';
import { refreshCandidates } from './refresh-decision.ts';

/** What is taken: the backup, its copies in the order of the candidates, why, and what could not be asked. */
export type RefreshChoice = {
  backup: BackupRef;
  copies: ResolvedRepository[];
  picked: string[];
  exceptions: string[];
};

/** How many backups are looked at before it is given up that one can be trusted. */
const most = 10;

/**
 * Chooses what a refresh is made of: the backup that was asked for, else what `refreshCandidates` says; its signature
 * must hold.
 *
 * @throws ApplicationFailure `not-found` when no backup can be taken, `unreachable` when one may be where nobody could look
 */
export async function chooseBackup(input: RefreshInput): Promise<RefreshChoice> {
  const { provenWithin, candidates, source, plan } = input.refresh;
  // Schedules of version 0.1 set no limit.
  if (input.backupId !== undefined || provenWithin === undefined) return chooseListed(input);
  const now = new Date(Date.now()).toISOString();
  const { surveys, exceptions } = await survey(input);
  const decided = refreshCandidates({ surveys, now, provenWithin });
  const picked = decided.passedOver;
  for (const { backupId, repositories, why } of decided.candidates.slice(0, most)) {
    const listed = await list(
      input,
      candidates.filter(({ name }) => repositories.includes(name)),
      { source, backupId },
    );
    exceptions.push(...listed.exceptions);
    const own = listed.entries.filter((entry) => entry.plan === plan);
    const copies = copiesOf(input, backupId, own);
    if (copies.length > 0)
      return { backup: { source, backupId }, copies, picked: [...picked, why], exceptions };
    picked.push(`${backupId} is passed over: no copy of it can be trusted.`);
  }
  throw nothingToTake(`a backup of the plan ${plan}`, [...picked, ...exceptions], exceptions.length > 0);
}

/** The newest backup of the plan, or the one that was asked for. */
async function chooseListed(input: RefreshInput): Promise<RefreshChoice> {
  const { backupId } = input;
  const { candidates, plan, source } = input.refresh;
  const filter = backupId === undefined ? { source, plan } : { source, backupId };
  const { entries, exceptions } = await list(input, candidates, filter);
  const ids = entries.map((entry) => entry.backupId).sort();
  const newest = ids.at(-1) ?? '';
  const copies = copiesOf(input, newest, entries);
  const picked = backupId === undefined ? [] : [`${backupId} was asked for.`];
  if (copies.length > 0) return { backup: { source, backupId: newest }, copies, picked, exceptions };
  const what = backupId === undefined ? `a backup of the plan ${plan}` : `the backup ${source}/${backupId}`;
  throw nothingToTake(what, exceptions, exceptions.length > 0);
}

function copiesOf(
  { refresh }: RefreshInput,
  backupId: string,
  entries: readonly CatalogueEntry[],
): ResolvedRepository[] {
  const holders = entries.filter((entry) => entry.backupId === backupId).map(({ repository }) => repository);
  return refresh.candidates.filter(({ name }) => holders.includes(name));
}

/** What is restore-tested when, in each repository, asked by its own zone. */
async function survey({
  refresh: { candidates, source, plan, shared },
}: RefreshInput): Promise<{ surveys: SurveyedProofs[]; exceptions: string[] }> {
  const exceptions: string[] = [];
  const found = await Promise.all(
    candidates.map(async (repository) => {
      try {
        const work = activitiesIn(repository.zone, { within: 1800, attempts: 3, patience: patient });
        return [await work.surveyProofs({ repository, source, plan, shared: shared === true })];
      } catch (error) {
        if (isCancellation(error)) throw error;
        exceptions.push(unread(repository.name, reasonOf(error).sentence));
        return [];
      }
    }),
  );
  return { surveys: found.flat(), exceptions };
}

/** Copies whose signature holds; what could not be read is an exception. */
async function list(
  { refresh: { signers } }: RefreshInput,
  candidates: readonly ResolvedRepository[],
  filter: CatalogueInput['filter'],
): Promise<{ entries: CatalogueEntry[]; exceptions: string[] }> {
  const exceptions: string[] = [];
  const entries: CatalogueEntry[] = [];
  for (const zone of new Set(candidates.map((each) => each.zone))) {
    const repositories = candidates.filter((each) => each.zone === zone);
    try {
      const work = activitiesIn(zone, { within: 1800, attempts: 3, patience: patient });
      const found = await work.readCatalogue({ repositories, signers, filter, limit: 10 });
      entries.push(...found.entries.filter(({ fault }) => fault === undefined));
      exceptions.push(
        ...found.entries.flatMap(({ backupId, repository, fault }) =>
          fault === undefined ? [] : [`The copy of ${backupId} in ${repository} can't be trusted: ${fault}`],
        ),
        ...found.unreadable.map(({ repository, sentence }) => unread(repository, sentence)),
      );
    } catch (error) {
      if (isCancellation(error)) throw error;
      exceptions.push(...repositories.map(({ name }) => unread(name, reasonOf(error).sentence)));
    }
  }
  return { entries, exceptions };
}

function nothingToTake(what: string, sentences: readonly string[], unseen: boolean) {
  return failWith({
    code: unseen ? 'unreachable' : 'not-found',
    sentence: [`No repository that could be read holds ${what} that can be trusted.`, ...sentences].join(' '),
  });
}

const unread = (repository: string, sentence: string): string =>
  `The repository ${repository} could not be read, so that it may hold a newer backup: ${sentence}`;
