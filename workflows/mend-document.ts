import { isCancellation } from '@temporalio/workflow';
import { type DocumentFault, documentSentence, type MendInput } from './contract-mend.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

/** Writes RESTORE.md anew beside a copy, from its signed manifest; a sentence says what was wrong, and what became of it. */
export async function mendDocumentOf(
  copy: MendInput,
  fault: DocumentFault,
): Promise<{ mended: boolean; sentence: string }> {
  const { backup, repository } = copy;
  const was = documentSentence(fault, backup, repository.name);
  try {
    const limits = { within: 900, attempts: 3, patience: patient };
    await activitiesIn(repository.zone, limits).mendRestoreDocument(copy);
    return { mended: true, sentence: `${was} It was written anew from the manifest.` };
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { mended: false, sentence: `${was} It could not be written anew: ${reasonOf(error).sentence}` };
  }
}
