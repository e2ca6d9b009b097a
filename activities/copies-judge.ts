import { judgeCopies as judge, weighCopies } from '../checks/copies.ts';
import type { KnownCopies } from '../checks/copies-places.ts';
import { copiesDocument, copiesReport } from '../reports/copies.ts';
import type {
  CopiesAnswer,
  CopiesCheckInput,
  CopiesJudgement,
  JudgeCopiesInput,
} from '../workflows/contract-checks.ts';
import { copiesFactsForm } from './copies-facts-form.ts';
import { signEvidence } from './evidence.ts';
import { unpack } from './packing.ts';
import { inputOfRun } from './run-input.ts';
import type { Work } from './work.ts';

/** Weighs everything that was found out about copies, and signs the report where this zone has a key for it. */
export async function judgeCopies(
  work: Work,
  { answers, rehashed, canaries, at }: JudgeCopiesInput,
): Promise<CopiesJudgement> {
  const input = await inputOfRun<CopiesCheckInput>();
  const facts = weighCopies(input, { zones: answers.map(knownOf), rehashed, canaries }, new Date(at));
  const judged = judge(facts);
  const signingKey = input.signingKeys[work.zone];
  if (signingKey === undefined) return { ...judged, evidence: null };
  const report = { input, at, facts, judged };
  const evidence = await signEvidence(work, {
    kind: 'copies-check',
    subject: input.organization,
    at,
    document: copiesDocument(report),
    markdown: copiesReport(report),
    signingKey,
  });
  return { ...judged, evidence };
}

function knownOf(answer: CopiesAnswer): KnownCopies {
  const { zone } = answer;
  return 'packed' in answer
    ? { zone, facts: unpack(answer.packed, copiesFactsForm), silent: null }
    : { zone, facts: null, silent: answer.silent };
}
