import { judgeCopies as judge, weighCopies } from '../checks/copies.ts';
import type { KnownCopies } from '../checks/copies-places.ts';
import { copiesDocument, copiesReport } from '../reports/copies.ts';
import type {
  CopiesAnswer,
  CopiesCheckInput,
  CopiesFact,
  CopiesJudgement,
  JudgeCopiesInput,
} from '../workflows/contract-checks.ts';
import { carriedOf } from '../workflows/message-size.ts';
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
  if (signingKey === undefined) return asCarried({ ...judged, evidence: null });
  const report = { input, at, facts, judged };
  const evidence = await signEvidence(work, {
    kind: 'copies-check',
    subject: input.organization,
    at,
    document: copiesDocument(report),
    markdown: copiesReport(report),
    signingKey,
  });
  return asCarried({ ...judged, evidence });
}

/**
 * A judgement that one message carries: where everything is at fault in a thousand plans, the report has all facts, and the
 * answer the first of them. What was put right stays, since it is recorded by it. Pure.
 */
export function asCarried({ facts, ...judged }: CopiesJudgement): CopiesJudgement {
  const isMended = ({ mended }: CopiesFact) => mended === true;
  const told = carriedOf([...facts.filter(isMended), ...facts.filter((fact) => !isMended(fact))], judged);
  if (told.length === facts.length) return { ...judged, facts };
  const more = `${facts.length - told.length} of ${facts.length} facts are told in the report alone: there are too many.`;
  return { ...judged, facts: told, exceptions: [...judged.exceptions, more] };
}

function knownOf(answer: CopiesAnswer): KnownCopies {
  const { zone } = answer;
  return 'packed' in answer
    ? { zone, facts: unpack(answer.packed, copiesFactsForm), silent: null }
    : { zone, facts: null, silent: answer.silent };
}
