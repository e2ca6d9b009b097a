import { type ErrorCode, HoldfastError } from '../../policy/errors.ts';
import type { StepOf } from '../../policy/resolved-failover.ts';
import { formatBytes, formatDuration } from '../../policy/units.ts';
import type { Fact, PreflightFinding, StepRun } from '../../workflows/contract-failover-steps.ts';
import type { CopyVerification } from '../../workflows/contract-verify.ts';
import { verifyBackup } from '../verify.ts';
import type { Work } from '../work.ts';
import { lookAtPlan, type PlanLook } from './backups-look.ts';
import { looked, nothingToUndo, reported } from './said.ts';
import { findingOf } from './sayings.ts';
import type { StepWork } from './step-work.ts';

type VerifyStep = StepOf<'backups.verify'>;
type Verified = { facts: Fact[]; exceptions: string[]; sentence: string };

/**
 * Makes sure that what a recovery would be made of is there: for each plan its newest backup, whole, openable in this zone,
 * and some copy proven lately. It reads alone, and so it does the same in a drill.
 */
export const backupsVerify: StepWork<'backups.verify'> = {
  look(step, run, work) {
    return looked(step, work, async () => {
      const plans = await lookAtAll(step, run, work);
      return { findings: plans.flatMap((plan) => findingsOf(step, plan)), facts: plans.flatMap(factsOf) };
    });
  },

  async carryOut(step, run, work) {
    const plans = await lookAtAll(step, run, work);
    const faults = plans.flatMap((plan) => plan.faults);
    if (faults.length > 0) throw notGood('refused', faults);
    const verified: Verified[] = [];
    for (const plan of plans) verified.push(await readNewest(plan, work));
    return reported(verified.map(({ sentence }) => sentence).join(' '), {
      results: verified.flatMap(({ facts }) => facts),
      exceptions: [
        ...plans.flatMap(({ warnings }) => warnings),
        ...verified.flatMap(({ exceptions }) => exceptions),
      ],
    });
  },

  async check() {
    return reported('Reading the backups was the check.');
  },

  async undo() {
    return nothingToUndo('Reading changes nothing.');
  },
};

async function lookAtAll(step: VerifyStep, { lost, declaredAt }: StepRun, work: Work): Promise<PlanLook[]> {
  const plans: PlanLook[] = [];
  // By Temporal's clock as well: a worker whose own is behind would take an old proof for a fresh one.
  const now = Math.max(Date.now(), Date.parse(declaredAt));
  for (const plan of step.plans) plans.push(await lookAtPlan({ plan, tested: step.tested, lost, now }, work));
  return plans;
}

function findingsOf(step: VerifyStep, look: PlanLook): PreflightFinding[] {
  const { plan, newest, provenAt, faults, warnings } = look;
  const told = [
    ...faults.map((sentence) => findingOf(step, 'fault', sentence)),
    ...warnings.map((sentence) => findingOf(step, 'warning', sentence)),
  ];
  if (faults.length > 0 || newest === null) return told;
  const where = newest.at.map(({ repository }) => repository.name).join(', ');
  const said = `${plan.name}: the newest backup ${newest.backupId} is in ${where}, and a copy was proven on ${provenAt}.`;
  return [findingOf(step, 'ok', said), ...told];
}

function factsOf({ plan, newest, provenAt }: PlanLook): Fact[] {
  return [
    ...(newest === null ? [] : [{ name: `newest backup of ${plan.name}`, value: newest.startedAt }]),
    ...(provenAt === null ? [] : [{ name: `${plan.name} proven`, value: provenAt }]),
  ];
}

/**
 * Reads the newest backup, copy by copy, until one is right in every byte and can be decrypted.
 *
 * @throws HoldfastError `corrupt-copy` when none is
 */
async function readNewest(look: PlanLook, work: Work): Promise<Verified> {
  const { plan, newest } = look;
  if (newest === null) throw notGood('refused', [`${plan.name} has no backup.`]);
  const { backupId } = newest;
  const bad: string[] = [];
  for (const { repository, archived } of newest.at) {
    const where = `${plan.name}: the copy of ${backupId} in ${repository.name}`;
    if (archived) {
      const exceptions = [...bad, `${where} lies in an archive class: listed and signed, and not read.`];
      return { facts: factsOf(look), exceptions, sentence: `${where} is there, in an archive.` };
    }
    const startedAt = Date.now();
    const backup = { source: plan.source.name, backupId };
    const asked = { backup, repository, signers: plan.signers, keys: [plan.key], deep: true };
    const { outcome, bytes, sentences } = await verifyBackup(work, asked).catch(asBad(work));
    const seconds = (Date.now() - startedAt) / 1000;
    if (outcome === 'passed') {
      const said = `${where} is whole and can be decrypted: ${formatBytes(bytes)} read in ${formatDuration(Math.round(seconds))}.`;
      return { facts: factsOf(look), exceptions: [...bad, ...sentences], sentence: said };
    }
    bad.push(`${where} is not good: ${sentences.join(' ')}`);
  }
  throw notGood('corrupt-copy', bad);
}

/** One that can't be read now is passed over like one that is bad. */
const asBad =
  (work: Work) =>
  (error: unknown): Pick<CopyVerification, 'outcome' | 'bytes' | 'sentences'> => {
    if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
    return { outcome: 'failed', bytes: 0, sentences: [error.sentence] };
  };

const notGood = (code: ErrorCode, faults: readonly string[]): HoldfastError =>
  new HoldfastError(code, `The backups are not as the step wants them: ${faults.join(' ')}`, {
    hint: 'Put it right and retry, or go on without in the knowledge of that.',
  });
