import { isCancellation } from '@temporalio/workflow';
import type { AuditTarget } from '../policy/resolved.ts';
import { recordOutcome } from './board.ts';
import type {
  AuditInput,
  AuditResult,
  ChainVerification,
  VerifyAuditInput,
  VerifyAuditResult,
} from './contract-audit.ts';
import { failWith, reasonOf } from './failures.ts';
import { activitiesIn, patient } from './proxies.ts';

const aDay = 86_400;

/** Reads the audit log in the zone of its repository. */
export async function audit(input: AuditInput): Promise<AuditResult> {
  return orSentence(() =>
    activitiesIn(input.target.repository.zone, { within: 3600, attempts: 3, patience: patient }).readAudit(
      input,
    ),
  );
}

/**
 * Verifies the audit log, in each zone with the heads that can be read there. A log that does not hold is an answer, and
 * no failure; heads that a zone does not read are not compared, and that is told.
 */
export async function verifyAudit(input: VerifyAuditInput): Promise<VerifyAuditResult> {
  const [first, ...others] = verifications(input.target);
  const verifyIn = ({ zone, witnesses }: Verification) =>
    activitiesIn(zone, { within: aDay, attempts: 3, patience: patient }).verifyAudit({
      ...input,
      target: { ...input.target, witnesses },
    });
  const results = [await orSentence(() => verifyIn(first))];
  results.push(
    ...(await Promise.all(
      others.map((other) =>
        verifyIn(other).catch((error: unknown): VerifyAuditResult => {
          if (isCancellation(error)) throw error;
          return unreadIn(other, reasonOf(error).sentence);
        }),
      ),
    )),
  );
  const result = together(results);
  recordOutcome(result.result);
  return result;
}

/** A zone that verifies the log, and the witnesses that it compares with it. */
export type Verification = { zone: string; witnesses: AuditTarget['witnesses'] };

/**
 * Which zones verify a log: first the one that reads most witnesses, then each other one that has directories with
 * heads. What nobody can compare is left with the first, which says so.
 */
export function verifications(target: AuditTarget): [Verification, ...Verification[]] {
  const zone = verifyingZone(target);
  const lying = target.repository.kind === 'filesystem' ? [] : directoriesOf(target);
  const elsewhere = lying.filter((witness) => witness.zone !== zone);
  const others = [...new Set(elsewhere.map((witness) => witness.zone))];
  return [
    { zone, witnesses: target.witnesses.filter((witness) => !elsewhere.includes(witness)) },
    ...others.map((other) => ({
      zone: other,
      witnesses: elsewhere.filter((witness) => witness.zone === other),
    })),
  ];
}

/**
 * Where most witnesses can be read: a directory is read in its own zone alone, a bucket from anywhere. A zone that
 * writes the log reaches its repository.
 */
export function verifyingZone({ repository, witnesses, signingKeys }: AuditTarget): string {
  if (repository.kind === 'filesystem') return repository.zone;
  const directories = directoriesOf({ witnesses, signingKeys });
  const count = (zone: string) => directories.filter((each) => each.zone === zone).length;
  return directories
    .map(({ zone }) => zone)
    .reduce((best, zone) => (count(zone) > count(best) ? zone : best), repository.zone);
}

/** Directories with heads, in zones that write the log. */
function directoriesOf({ witnesses, signingKeys }: Pick<AuditTarget, 'witnesses' | 'signingKeys'>) {
  return witnesses.filter(({ kind, zone }) => kind === 'filesystem' && zone in signingKeys);
}

function unreadIn({ witnesses }: Verification, sentence: string): VerifyAuditResult {
  const unreadable = witnesses.map(({ name }) => ({ repository: name, sentence }));
  return { result: 'passed-with-exceptions', chains: [], exceptions: [], unreadable };
}

const severity = ['passed', 'passed-with-exceptions', 'failed'] as const;

/** Several verifications of one log as one: a chain holds when all who looked found it so. */
export function together(all: readonly VerifyAuditResult[]): VerifyAuditResult {
  const chains = new Map<string, ChainVerification>();
  for (const chain of all.flatMap((each) => each.chains)) {
    const known = chains.get(chain.zone);
    if (known === undefined || (known.outcome === 'passed' && chain.outcome === 'failed'))
      chains.set(chain.zone, chain);
  }
  return {
    result: severity.findLast((each) => all.some(({ result }) => result === each)) ?? 'failed',
    chains: [...chains.values()].sort((a, b) => (a.zone < b.zone ? -1 : 1)),
    exceptions: all.flatMap((each) => each.exceptions),
    unreadable: all.flatMap((each) => each.unreadable),
  };
}

async function orSentence<T>(body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw failWith(reasonOf(error));
  }
}
