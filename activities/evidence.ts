import { HoldfastError } from '../policy/errors.ts';
import {
  carryEvidence,
  evidencePath,
  openCarried,
  putEvidence as put,
  readEvidence,
  signEvidence as sign,
} from '../repository/index.ts';
import type {
  Evidence,
  PutEvidenceInput,
  PutEvidenceResult,
  ReadEvidenceInput,
  ShowEvidenceResult,
  ShownEvidence,
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
  return carryEvidence(await sign(facts, markdown, await work.secret(signingKey), work));
}

/** Puts a report into each of the repositories; one that can't take it is told, and keeps it from none of the others. */
export async function putEvidence(
  work: Work,
  { repositories, evidence }: PutEvidenceInput,
): Promise<PutEvidenceResult> {
  const result: PutEvidenceResult = { stored: [], failed: [] };
  for (const repository of repositories) {
    try {
      await withRepository(repository, work.signal, (store) =>
        put(store, openCarried(evidence), work.signal),
      );
      result.stored.push(repository.name);
    } catch (error) {
      if (work.signal.aborted) throw error;
      result.failed.push({ repository: repository.name, sentence: reasonOf(error).sentence });
    }
  }
  return result;
}

/** One report from the first of the repositories that has it and whose copy counts; what stands in the way is told. */
export async function readOneReport(
  work: Work,
  { repositories, signers, path }: ReadEvidenceInput,
): Promise<ShowEvidenceResult> {
  const faults: string[] = [];
  for (const repository of repositories) {
    try {
      const shown = await withRepository(repository, work.signal, async (store): Promise<ShownEvidence> => {
        const found = await readEvidence(store, path, signers, work.signal);
        const { evidence, signedBy, json, signature, markdown, sha256 } = found;
        if (evidencePath(evidence) !== path) throw misplaced(path, evidencePath(evidence));
        return {
          repository: repository.name,
          signedBy,
          evidence: carryEvidence({ path, json, signature, markdown, sha256 }),
        };
      });
      return { shown, faults };
    } catch (error) {
      if (work.signal.aborted) throw error;
      faults.push(`${repository.name}: ${reasonOf(error).sentence}`);
    }
  }
  return { shown: null, faults };
}

/** An old report that is well signed proves nothing under the name of a newer one. */
function misplaced(path: string, right: string): HoldfastError {
  return new HoldfastError('corrupt-copy', `What lies as ${path} is ${right}.`, {
    hint: 'Take the report from another repository, and find out who put it there.',
  });
}
