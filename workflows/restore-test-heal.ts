import type { ResolvedRepository } from '../policy/resolved.ts';
import { tryAnnounce } from './alerting.ts';
import type { RestoreTestInput, RestoreTestResult, TestAttempt } from './contract-restore-test.ts';
import type { BackupRef } from './contract-verify.ts';
import { reasonOf } from './failures.ts';
import { mendDocumentOf } from './mend-document.ts';
import { activitiesIn, patient } from './proxies.ts';
import { isFaultOfTheCopy, type Tested } from './restore-test-verdict.ts';

const aDay = 86_400;

type Healed = RestoreTestResult['healed'][number];

/**
 * Repairs every copy that the test found bad from a good one: the copy that was proven first, then any other; each is
 * verified before a byte is taken from it. Never throws: a copy that could not be healed is told.
 */
export async function healBadCopies(input: RestoreTestInput, { attempts, pick }: Tested): Promise<Healed[]> {
  if (input.heal === false || pick === null) return [];
  const bad = attempts.filter(({ reason }) => reason !== null && isFaultOfTheCopy(reason));
  const faulty = new Set(bad.map(({ repository }) => repository));
  const proven = attempts.filter(({ verdict }) => verdict === 'proven').map(({ repository }) => repository);
  const good = input.plan.copies
    .filter(({ name }) => !faulty.has(name))
    .sort((a, b) => Number(proven.includes(b.name)) - Number(proven.includes(a.name)));
  const healed: Healed[] = [];
  for (const { repository } of bad) {
    const copy = input.plan.copies.find(({ name }) => name === repository);
    if (copy !== undefined) healed.push(await healFromAny(input, pick.backup, copy, good));
  }
  const whole = attempts.filter(({ repository }) => !faulty.has(repository));
  return [...healed, ...(await mendDocuments(input, pick.backup, whole))];
}

/** Copies whose data is what it should be, and whose RESTORE.md is not. */
async function mendDocuments(
  { plan }: RestoreTestInput,
  backup: BackupRef,
  attempts: readonly TestAttempt[],
): Promise<Healed[]> {
  const healed: Healed[] = [];
  for (const { repository: name, document } of attempts) {
    const repository = plan.copies.find((copy) => copy.name === name);
    if (document === undefined || repository === undefined) continue;
    const { mended, sentence } = await mendDocumentOf(
      { backup, repository, signers: plan.signers },
      document,
    );
    healed.push({ repository: name, from: 'its manifest', outcome: mended ? 'healed' : 'failed', sentence });
    await tryAnnounce(plan.alertZone, { severity: 'warning', subject: `${name}/${plan.name}`, sentence });
  }
  return healed;
}

async function healFromAny(
  { plan }: RestoreTestInput,
  backup: { source: string; backupId: string },
  bad: ResolvedRepository,
  candidates: readonly ResolvedRepository[],
): Promise<Healed> {
  const failures: string[] = [];
  for (const good of candidates) {
    const zone = meetingPlace(bad, good);
    if (zone === null) {
      failures.push(`no worker reaches both ${bad.name} and ${good.name}.`);
      continue;
    }
    try {
      const work = activitiesIn(zone, { within: aDay, attempts: 3, patience: patient });
      const { sentence } = await work.healCopy({ backup, bad, good, signers: plan.signers });
      return { repository: bad.name, from: good.name, outcome: 'healed', sentence };
    } catch (error) {
      failures.push(`from ${good.name}: ${reasonOf(error).sentence}`);
    }
  }
  const why = failures.length === 0 ? 'there is no other copy.' : failures.join(' ');
  return {
    repository: bad.name,
    from: candidates[0]?.name ?? '',
    outcome: 'failed',
    sentence: `The copy in ${bad.name} could not be healed: ${why}`,
  };
}

/** A zone whose worker reaches both: a directory is reached from its own zone alone, a bucket from everywhere. */
export function meetingPlace(bad: ResolvedRepository, good: ResolvedRepository): string | null {
  if (good.zone === bad.zone || good.kind === 's3') return bad.zone;
  return bad.kind === 's3' ? good.zone : null;
}
