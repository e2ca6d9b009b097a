import { putEvidence as put, signEvidence as sign } from '../repository/index.ts';
import type {
  Evidence,
  PutEvidenceInput,
  PutEvidenceResult,
  SignEvidenceInput,
} from '../workflows/contract-evidence.ts';
import { reasonOf } from './reason.ts';
import { withRepository } from './repositories.ts';
import type { Work } from './work.ts';

/**
 * Signs a report with the key of this worker's zone.
 *
 * @throws HoldfastError `bad-key` when the key can't be used
 */
export async function signEvidence(work: Work, input: SignEvidenceInput): Promise<Evidence> {
  const { kind, subject, at, document, markdown, signingKey } = input;
  const facts = { kind, subject, at, document: { ...document } };
  return sign(facts, markdown, await work.secret(signingKey), work);
}

/** Puts a report into each of the repositories; one that can't take it is told, and keeps it from none of the others. */
export async function putEvidence(
  work: Work,
  { repositories, evidence }: PutEvidenceInput,
): Promise<PutEvidenceResult> {
  const result: PutEvidenceResult = { stored: [], failed: [] };
  for (const repository of repositories) {
    try {
      await withRepository(repository, work.signal, (store) => put(store, evidence, work.signal));
      result.stored.push(repository.name);
    } catch (error) {
      if (work.signal.aborted) throw error;
      result.failed.push({ repository: repository.name, sentence: reasonOf(error).sentence });
    }
  }
  return result;
}
