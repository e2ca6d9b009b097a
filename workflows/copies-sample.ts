import { isCancellation } from '@temporalio/workflow';
import type { CopiesAnswer, CopiesCheckInput, Rehashed, SampledCopy } from './contract-checks.ts';
import { type DocumentFault, documentSentence, type MendInput } from './contract-mend.ts';
import { reasonOf } from './failures.ts';
import { mendDocumentOf } from './mend-document.ts';
import { activitiesIn } from './proxies.ts';

/** Copies that one zone reads at once: a check must leave its worker room for backups. */
const atOnce = 2;

/** Less than this is no time to read anything, in seconds. */
const least = 60;

/**
 * Reads the newest copies again, each in the zone where it lies, for as long as the check may take. What is not read by
 * then has not been checked.
 */
export async function rehashSample(input: CopiesCheckInput, answers: CopiesAnswer[]): Promise<Rehashed[]> {
  const until = Date.now() + input.checks.copies.deadline * 1000;
  const parts = await Promise.all(
    answers.flatMap((answer) => {
      if (!('sample' in answer)) return [];
      const queue = answer.sample.values();
      return Array.from({ length: atOnce }, () => drain(input, queue, until));
    }),
  );
  return parts.flat();
}

async function drain(
  input: CopiesCheckInput,
  queue: Iterable<SampledCopy>,
  until: number,
): Promise<Rehashed[]> {
  const done: Rehashed[] = [];
  for (const copy of queue) done.push(await rehash(input, copy, Math.floor((until - Date.now()) / 1000)));
  return done;
}

async function rehash(
  input: CopiesCheckInput,
  { plan, source, repository: name, backupId }: SampledCopy,
  seconds: number,
): Promise<Rehashed> {
  const { repositories, signers } = input;
  const fact = { plan, repository: name, backupId };
  const repository = repositories.find((each) => each.name === name);
  if (repository === undefined)
    return { ...fact, outcome: 'not-checked', sentence: `The policy has no repository ${name}.` };
  if (seconds < least) {
    const sentence = `The time of the check was over before ${backupId} in ${name} was read again.`;
    return { ...fact, outcome: 'not-checked', sentence };
  }
  const backup = { source, backupId };
  try {
    const reading = { within: seconds, attempts: 3, patience: Math.min(seconds, 3600) };
    const { outcome, sentences, document } = await activitiesIn(repository.zone, reading).verifyBackup({
      backup,
      repository,
      signers,
      deep: false,
      keys: [],
    });
    if (outcome === 'passed' && document !== undefined)
      return { ...fact, ...(await mendOrTell(input, { backup, repository, signers }, document)) };
    if (outcome === 'passed')
      return { ...fact, outcome: 'yes', sentence: `${backupId} is whole in ${name}.` };
    const told = `${backupId} in ${name}: ${sentences.join(' ')}`;
    return { ...fact, outcome: outcome === 'failed' ? 'no' : 'not-checked', sentence: told };
  } catch (error) {
    if (isCancellation(error)) throw error;
    const sentence = `${backupId} in ${name} could not be read again: ${reasonOf(error).sentence}`;
    return { ...fact, outcome: 'not-checked', sentence };
  }
}

/** The data is whole, and a person could not restore it by what lies beside it. Whoever only looks is told so. */
async function mendOrTell(
  { quiet }: CopiesCheckInput,
  copy: MendInput,
  fault: DocumentFault,
): Promise<Pick<Rehashed, 'outcome' | 'sentence' | 'mended'>> {
  if (quiet === true)
    return { outcome: 'no', sentence: documentSentence(fault, copy.backup, copy.repository.name) };
  const { mended, sentence } = await mendDocumentOf(copy, fault);
  return mended ? { outcome: 'yes', sentence, mended: true } : { outcome: 'no', sentence };
}
