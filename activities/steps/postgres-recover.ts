import { HoldfastError } from '../../policy/errors.ts';
import type { PostgresTarget, StepOf } from '../../policy/resolved-failover.ts';
import { formatDuration } from '../../policy/units.ts';
import { dropRehearsed, probe, toReplay } from '../../sources/postgres/failover/index.ts';
import type {
  Choice,
  Fact,
  PreflightFinding,
  StepReport,
  StepRun,
} from '../../workflows/contract-failover-steps.ts';
import { knownFacts } from '../../workflows/contract-failover-steps.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import {
  checkPair,
  lookAtPair,
  type Pair,
  promotePair,
  promoteScratchCopy,
  undoPromotion,
} from './promotion.ts';
import { newestProven, secondsToRestore } from './proven.ts';
import { lookAtRehearsed, rehearsedPair, undoRehearsed } from './rehearsed-promotion.ts';
import { factsOf, newerSaid, restoreProven, serverOf } from './restoring.ts';
import { looked, nothingToUndo, notUndoable, reported } from './said.ts';
import { findingOf } from './sayings.ts';
import type { StepWork } from './step-work.ts';
import { databaseOn, writableServer } from './things.ts';

type Step = StepOf<'postgres.recover'>;

/** What a person may choose. */
export const recoveryChoices = { standby: 'standby', backup: 'backup' } as const;

type Way = {
  findings: PreflightFinding[];
  facts: Fact[];
  /** Null where it can't be gone. */
  choice: Choice | null;
};

/** A standby that answers takes about so long, apart from what it has to replay. */
const promotionSeconds = 10;
const replayBytesPerSecond = 16 * 2 ** 20;

/** The standby or the newest proven backup: both are shown with what they cost, and a person chooses. */
export const postgresRecover: StepWork<'postgres.recover'> = {
  look: (step, run, work) =>
    looked(step, work, async () => {
      const ways = [await standbyWay(step, run, work), await backupWay(step, run, work)];
      const choices = ways.flatMap(({ choice }) => choice ?? []);
      const none = findingOf(step, 'fault', 'Neither the standby nor a proven backup is there.');
      const findings = ways.flatMap((way) => way.findings);
      return {
        findings: choices.length === 0 ? [...findings, none] : findings.map(asWarning),
        facts: ways.flatMap(({ facts }) => facts),
        choices,
        makes: makesOf(step, run),
      };
    }),

  carryOut: async (step, run, work) =>
    chosenOf(step, run) === recoveryChoices.standby
      ? promoteChosen(step, run, work)
      : restoreChosen(step, run, work),

  async check(step, run, work) {
    const pair = pairFor(step, run);
    if (pair === null) return reported('The scratch place was checked, and is gone.');
    return checkPair(pair, run, work);
  },

  async undo(step, run, work) {
    if (run.mode === 'real') return undoPromotion({ standby: step.standby }, work);
    if (step.drill === undefined) return nothingToUndo('The scratch place is gone.');
    // A server that follows again has nothing of its own: what was restored goes with the promotion.
    const followed = await undoRehearsed(step, step.drill, run, work);
    if (followed.outcome !== 'not-undoable') return followed;
    const gone = await dropRehearsed(serverOf(step.drill), step.database, work).catch(() => false);
    return gone ? notUndoable(`${step.database} was removed, and ${followed.sentence}`) : followed;
  },
};

/** Whichever way is chosen. */
function makesOf(step: Step, run: StepRun): string[] {
  const standby = pairFor(step, run)?.standby;
  if (standby === undefined) return [];
  return [writableServer(standby).key, databaseOn(standby, step.database).key];
}

/** One way that is closed is no fault while the other one is open. */
const asWarning = (finding: PreflightFinding): PreflightFinding =>
  finding.outcome === 'fault' ? { ...finding, outcome: 'warning' } : finding;

function chosenOf(step: Step, { chosen }: StepRun): string {
  if (chosen === recoveryChoices.standby || chosen === recoveryChoices.backup) return chosen;
  throw new HoldfastError('refused', `Nobody chose how ${step.database} is recovered.`, {
    hint: `Choose ${recoveryChoices.standby} or ${recoveryChoices.backup}: \`holdfast failover choose\`.`,
  });
}

/** Of the plan's source, as the primary that the standby must not be promoted beside. */
function primaryOf({ plan, standby }: Step): PostgresTarget | undefined {
  const { kind, name, zone, host, port, user, password, ssl, database } = plan.source;
  if (host === standby.host && port === standby.port) return undefined;
  return {
    kind,
    name,
    zone,
    host,
    port,
    user,
    ssl,
    database,
    ...(password === undefined ? {} : { password }),
  };
}

/** Null: a scratch place. */
function pairFor(step: Step, run: StepRun): Pair | null {
  if (run.mode === 'real') return { standby: step.standby, primary: primaryOf(step) };
  return rehearsedPair(step, run);
}

async function promoteChosen(step: Step, run: StepRun, work: Work): Promise<StepReport> {
  const pair = pairFor(step, run);
  if (pair !== null) return promotePair(pair, run, work);
  return promoteScratchCopy(step, { standby: step.standby, primary: primaryOf(step) }, run, work);
}

/**
 * Onto the server that was the standby: it is promoted where it is one still, and what it has under the name of the
 * database is kept aside.
 */
async function restoreChosen(step: Step, run: StepRun, work: Work): Promise<StepReport> {
  const { plan, database } = step;
  const pair = pairFor(step, run);
  if (pair === null)
    return restoreProven(step, { plan, database, server: null, former: 'refuse' }, run, work);
  const found = await probe({ ...pair.standby, database: 'postgres' }, work);
  const promoted = found.kind === 'read-only' ? await promotePair(pair, run, work) : null;
  const order = { plan, database, server: pair.standby, former: 'keep aside' as const };
  const restored = await restoreProven(step, order, run, work);
  if (promoted === null) return restored;
  const { sentence } = restored;
  return { ...restored, sentence: `${pair.standby.name} was promoted to take the backup. ${sentence}` };
}

async function standbyWay(step: Step, run: StepRun, work: Work): Promise<Way> {
  const pair = pairFor(step, run) ?? { standby: step.standby, primary: primaryOf(step) };
  try {
    const { findings, facts, loss, state } = await lookAtPair(step, pair, run, work);
    if (run.mode !== 'real' && step.drill !== undefined)
      findings.push(...lookAtRehearsed(step, step.drill, state, run, work));
    if (findings.some(({ outcome }) => outcome === 'fault')) return { findings, facts, choice: null };
    const rto = promotionSeconds + toReplay(state) / replayBytesPerSecond;
    const loses = facts.find(({ name }) => name === 'predicted loss')?.value ?? 'nothing known';
    const sentence = `Promote ${pair.standby.name}: about ${formatDuration(rto)}, and it loses ${loses}.`;
    const choice = {
      id: recoveryChoices.standby,
      sentence,
      rtoSeconds: rto,
      rpoSeconds: loss?.seconds ?? null,
    };
    return { findings, facts, choice };
  } catch (error) {
    if (work.signal.aborted) throw error;
    return { findings: [findingOf(step, 'fault', reasonOf(error).sentence)], facts: [], choice: null };
  }
}

async function backupWay(step: Step, run: StepRun, work: Work): Promise<Way> {
  const { plan } = step;
  const { newest, newer, warnings } = await newestProven(plan, run.lost, work);
  const findings = [...warnings, ...newerSaid(newer)].map((said) => findingOf(step, 'warning', said));
  if (newest === null) {
    const said = `No proven backup of ${plan.name} can be read here.`;
    return { findings: [...findings, findingOf(step, 'fault', said)], facts: [], choice: null };
  }
  const rtoSeconds = await secondsToRestore(plan, newest, work);
  const rpoSeconds = Math.max(0, (Date.parse(run.declaredAt) - Date.parse(newest.startedAt)) / 1000);
  const takes = rtoSeconds === null ? 'no report says how long that takes' : formatDuration(rtoSeconds);
  const sentence = `Restore ${newest.backup.backupId} of ${plan.name}: ${takes}, and it loses what was written after ${newest.startedAt}: ${formatDuration(rpoSeconds)}.`;
  const ok = findingOf(step, 'ok', `The newest proven backup is ${newest.backup.backupId}.`);
  const facts = factsOf(newest).filter(({ name }) => name !== knownFacts.newestData);
  return {
    findings: [...findings, ok],
    facts,
    choice: { id: recoveryChoices.backup, sentence, rtoSeconds, rpoSeconds },
  };
}
