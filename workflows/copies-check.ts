import { isCancellation, setCurrentDetails } from '@temporalio/workflow';
import type { ResolvedKey } from '../policy/resolved.ts';
import { openTrail, recordedOr } from './audit.ts';
import { recordOutcome } from './board.ts';
import { usualPatience } from './checks-patience.ts';
import type { Announcement } from './contract-alerts.ts';
import type {
  CanaryFact,
  CopiesAnswer,
  CopiesCheckInput,
  CopiesCheckResult,
  CopiesFact,
  CopiesJudgement,
} from './contract-checks.ts';
import { openCanaries } from './copies-canary.ts';
import { copiesMarkdown } from './copies-details.ts';
import { rehashSample } from './copies-sample.ts';
import { reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

const looking = { within: 3600, attempts: 3 };
const judging = { within: 900, attempts: 5, patience: patient };

/**
 * Whether the copies are what the policy promises: enough of them, on enough media, far enough away, inside the allowed
 * regions, each repository answering its own zone, the newest copies whole, the keys opening what they encrypt,
 * encryption and locks in force. What could not be checked is told, and is no pass. The report is kept as evidence.
 */
export async function copiesCheck(input: CopiesCheckInput): Promise<CopiesCheckResult> {
  // Somebody may be waiting: a zone without a worker is given up within a minute.
  const { zoneAgain: patience } = input.patience ?? usualPatience;
  const [answers, canaries] = await Promise.all([
    Promise.all(zonesWithCopies(input).map((zone) => lookIn(zone, patience))),
    tryKeys(input, patience),
  ]);
  const rehashed = await rehashSample(input, answers);
  const at = new Date(Date.now()).toISOString();
  const zone = signingZone(input);
  const { findings, evidence, ...judged } = await activitiesIn(zone, judging).judgeCopies({
    answers,
    rehashed,
    canaries,
    at,
  });
  const kept = await keep(input, answers, evidence);
  const result: CopiesCheckResult = {
    ...judged,
    at,
    exceptions: [...judged.exceptions, ...kept.exceptions],
    result:
      judged.result === 'passed' && kept.exceptions.length > 0 ? 'passed-with-exceptions' : judged.result,
    evidence: kept.evidence,
  };
  setCurrentDetails(copiesMarkdown(result));
  recordOutcome(result.result);
  const mended = judged.facts.filter((fact) => fact.mended === true);
  if (input.quiet !== true) await tell(input, at, findings, mended);
  return { ...result, ...(await record(input, result, evidence)) };
}

function zonesWithCopies({ repositories }: CopiesCheckInput): string[] {
  const online = repositories.filter(({ manual }) => manual === undefined);
  return [...new Set(online.map(({ zone }) => zone))].sort();
}

async function lookIn(zone: string, patience: number): Promise<CopiesAnswer> {
  try {
    return await activitiesIn(zone, { ...looking, patience }).lookAtCopies();
  } catch (error) {
    if (isCancellation(error)) throw error;
    return { zone, silent: reasonOf(error).sentence };
  }
}

/** Each key that is in use is tried once, sealed in a zone that makes backups with it. */
async function tryKeys({ keys, plans }: CopiesCheckInput, patience: number): Promise<CanaryFact[]> {
  const used = keys.flatMap((key): { key: ResolvedKey; from: string }[] => {
    const plan = plans.find((each) => each.key === key.name);
    return plan === undefined ? [] : [{ key, from: plan.zone }];
  });
  const parts = await Promise.all(used.map(({ key, from }) => openCanaries(key, from, patience)));
  return parts.flat();
}

/** The zone whose key signs the report; one that has none makes it unsigned, and that is told. */
function signingZone({ checks, signingKeys }: CopiesCheckInput): string {
  if (Object.hasOwn(signingKeys, checks.zone)) return checks.zone;
  return Object.keys(signingKeys)[0] ?? checks.zone;
}

async function keep(
  { repositories }: CopiesCheckInput,
  answers: CopiesAnswer[],
  evidence: CopiesJudgement['evidence'],
): Promise<Pick<CopiesCheckResult, 'evidence' | 'exceptions'>> {
  if (evidence === null)
    return { evidence: null, exceptions: ['The report is not kept: no zone has a key that signs it.'] };
  const online = repositories.filter(({ manual }) => manual === undefined);
  const parts = await Promise.all(
    answers.map(async (answer) => {
      const { zone } = answer;
      const own = online.filter((repository) => repository.zone === zone);
      // What a zone that does not answer lacks of the report is said by what was not checked there.
      if ('silent' in answer) return { stored: [], failed: [] };
      try {
        return await activitiesIn(zone, judging).putEvidence({ repositories: own, evidence });
      } catch (error) {
        if (isCancellation(error)) throw error;
        const { sentence } = reasonOf(error);
        return { stored: [], failed: own.map(({ name }) => ({ repository: name, sentence })) };
      }
    }),
  );
  return {
    evidence: { path: evidence.path, stored: parts.flatMap(({ stored }) => stored) },
    exceptions: parts.flatMap(({ failed }) =>
      failed.map(({ repository, sentence }) => `The report could not be put into ${repository}: ${sentence}`),
    ),
  };
}

async function tell(
  input: CopiesCheckInput,
  at: string,
  findings: CopiesJudgement['findings'],
  mended: CopiesFact[],
): Promise<void> {
  const { checks, notifications, organization, audit } = input;
  await activitiesIn(checks.zone, judging).tellAlerts({
    zone: checks.zone,
    observation: { observer: 'copies', at, findings },
    ...(mended.length === 0 ? {} : { announcement: { at, ...mendedWord(mended) } }),
    rules: notifications,
    organization,
    ...(audit === undefined ? {} : { audit }),
  });
}

/** Nothing is left to cure, and somebody has to ask who changed it. */
function mendedWord(mended: CopiesFact[]): Omit<Announcement, 'at'> {
  const [first] = mended;
  const more =
    mended.length === 1 ? '' : ` And ${mended.length - 1} more: the check's report names all of them.`;
  return { severity: 'warning', subject: 'RESTORE.md', sentence: `${first?.sentence}${more}` };
}

function record(
  input: CopiesCheckInput,
  { result, facts, plans }: CopiesCheckResult,
  evidence: CopiesJudgement['evidence'],
): Promise<{ warnings?: string[] }> {
  const healed = facts.filter(({ mended }) => mended === true);
  const happened = healed.map(({ subject, sentence }) => ({
    action: 'copy.healed' as const,
    subject,
    outcome: 'done' as const,
    reason: sentence,
  }));
  return recordedOr(openTrail(input.audit, signingZone(input)), ...happened, {
    action: 'copies.checked',
    subject: input.organization,
    outcome: result === 'failed' ? 'failed' : 'done',
    person: input.person,
    reason: facts.find(({ outcome }) => outcome === 'no')?.sentence,
    hash: evidence?.sha256,
    facts: { result, plans: plans.length },
  });
}
