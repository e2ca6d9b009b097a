import { randomUUID } from 'node:crypto';
import { HoldfastError, sentenceOf } from '../policy/errors.ts';
import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { ResolvedRunbook, ResolvedStep } from '../policy/resolved-failover.ts';
import { formatDuration } from '../policy/units.ts';
import { type Workflows, workflowTypes } from '../workflows/contract.ts';
import type { Choice, Fact } from '../workflows/contract-failover-steps.ts';
import { type CheckedStep, type RunbookCheckResult, runbookCheckId } from '../workflows/contract-runbook.ts';
import { commandsOf, describeStep } from '../workflows/failover/does.ts';
import { wavesOf } from '../workflows/failover/graph.ts';
import { type Predicted, predictRun } from '../workflows/failover/prediction.ts';
import type { Context } from './context.ts';
import { failoverInput } from './failovers.ts';
import { runToEnd, started, startOptions, zoneWithWorker } from './run-workflow.ts';

/** Seconds that a silent zone is waited for, and all of it: who previews in a disaster has none to lose. */
export type Patience = { zone: number; whole: number };

const usual: Patience = { zone: 10, whole: 90 };

/** The share of it in which steps are looked at: what was found by then is told. */
const looking = 0.8;

/**
 * What is true now and what earlier runs took, as workers tell it; or why nobody could. A preview is of use with Temporal
 * and every worker gone as well, and so it asks and does not insist.
 */
export async function lookAhead(
  context: Context,
  policy: ResolvedPolicy,
  runbook: ResolvedRunbook,
  { zone: patience, whole }: Patience = usual,
): Promise<RunbookCheckResult | { unknown: string }> {
  const about = { mode: 'real', person: '', reason: '' } as const;
  const { repositories, signers } = failoverInput(policy, runbook, about);
  try {
    const { client } = await context.temporal();
    const run = await started(
      client.workflow.start<Workflows['runbookCheck']>(workflowTypes.runbookCheck, {
        ...startOptions({
          zone: await zoneWithWorker(client, [runbook.zone]),
          workflowId: `${runbookCheckId(runbook.name)}/preview-${randomUUID().slice(0, 8)}`,
          kind: workflowTypes.runbookCheck,
          summary: `What a run of ${runbook.name} would begin with`,
          timeout: whole,
        }),
        args: [
          { runbook, quiet: true, patience, within: whole * looking, preview: { repositories, signers } },
        ],
      }),
    );
    const waitsFor = `Asking workers what is true now, for ${formatDuration(whole)} at most`;
    return await runToEnd(context, run, { waitsFor });
  } catch (error) {
    if (context.io.signal.aborted) throw error;
    if (error instanceof HoldfastError && error.code === 'stalled')
      return { unknown: `No worker has answered within ${formatDuration(whole)}.` };
    return { unknown: sentenceOf(error) };
  }
}

type Known = Awaited<ReturnType<typeof lookAhead>>;

/** What a real run would do, in order: who is asked what, the commands, how long it takes, and what is lost. */
export type FailoverPreview = Pick<ResolvedRunbook, 'version' | 'class' | 'lost' | 'protects'> & {
  runbook: string;
  signatures: 'signed' | 'named';
  target: { rto: number | null; rpo: number | null };
  predicted: Predicted;
  /** What could not be asked. */
  unknown: string[];
  waves: PreviewedStep[][];
};

type PreviewedStep = Pick<ResolvedStep, 'id' | 'do' | 'phase' | 'role' | 'zone' | 'needs' | 'say'> & {
  asks: boolean;
  /** How many people must approve it. */
  approvals: number;
  does: string;
  commands: string[];
  /** Seconds after the declaration. */
  predictedEnd: number | null;
  facts: Fact[];
  choices: Choice[];
  findings: CheckedStep[];
};

/** @param now ISO 8601 */
export function previewOf(runbook: ResolvedRunbook, known: Known, now: string): FailoverPreview {
  const told = 'unknown' in known ? undefined : known;
  const { earlier = [], looks = [] } = told?.preview ?? {};
  const predicted = predictRun(runbook, { earlier, looks }, now);
  return {
    runbook: runbook.name,
    version: runbook.version,
    class: runbook.class,
    lost: runbook.lost,
    protects: runbook.protects,
    signatures: runbook.signatures.real,
    target: { rto: runbook.tier?.rto ?? null, rpo: runbook.tier?.rpo ?? null },
    predicted,
    unknown: 'unknown' in known ? [known.unknown] : known.warnings,
    waves: wavesOf(runbook.steps).map((wave) =>
      wave.map((step) => ({
        id: step.id,
        do: step.do,
        phase: step.phase,
        role: step.role,
        zone: step.zone,
        needs: step.needs,
        say: step.say,
        asks: step.approve || step.do === 'approve' || step.do === 'postgres.recover' || step.do === 'manual',
        approvals: step.approvals ?? 1,
        does: describeStep(step, 'real'),
        commands: commandsOf(step),
        predictedEnd: predicted.ends[step.id] ?? null,
        ...(looks.find((look) => look.step === step.id) ?? { facts: [], choices: [] }),
        findings: (told?.findings ?? []).filter(
          ({ step: id, outcome }) => id === step.id && outcome !== 'ok',
        ),
      })),
    ),
  };
}

export function previewLines(preview: FailoverPreview): string[] {
  const { runbook, version, lost, protects, signatures, target, predicted, unknown } = preview;
  const told = (seconds: number | null) => (seconds === null ? 'none' : formatDuration(seconds));
  return [
    `${runbook} (real), version ${version.slice(0, 12)}: nothing is touched by this preview`,
    `  takes as lost ${lost.join(', ') || 'nothing'}; protects ${protects.join(', ') || 'nothing'}; approvals ${signatures}`,
    `  predicted RTO ${rtoSaid(predicted)}, target ${told(target.rto)}`,
    `  predicted RPO ${predicted.rpo === null ? 'unknown' : formatDuration(predicted.rpo)} if it began now, target ${told(target.rpo)}`,
    ...unknown.map((sentence) => `  not known: ${sentence}`),
    ...preview.waves.flatMap((wave, index) => [
      '',
      `${index + 1}.${wave.length > 1 ? ' side by side' : ''}`,
      ...wave.flatMap(stepLines),
    ]),
  ];
}

function rtoSaid({ rto, simulated, unmeasured, from }: Predicted): string {
  if (rto === null)
    return `unknown: not every step was rehearsed in this version (${unmeasured.slice(0, 5).join(', ')}${unmeasured.length > 5 ? ', …' : ''})`;
  const least = simulated.length === 0 ? '' : 'at least ';
  const only = simulated.length === 0 ? '' : `; only simulated then: ${simulated.join(', ')}`;
  return `${least}${formatDuration(rto)}, by the run that ended at ${from[0] ?? 'no time'}${from.length > 1 ? ' and earlier ones' : ''}${only}`;
}

function stepLines({ id, role, zone, asks, approvals, does, say, ...step }: PreviewedStep): string[] {
  const { commands, predictedEnd, facts, choices, findings } = step;
  const end = predictedEnd === null ? '' : `, done after ${formatDuration(predictedEnd)}`;
  return [
    `  ${id} (${role}, zone ${zone})${asks ? `, asks${approvals > 1 ? ` ${approvals} people` : ''}` : ''}${end}`,
    ...[say, does].filter((text) => text !== '').map((text) => `      ${text}`),
    ...facts.map(({ name, value }) => `      now: ${name}: ${value}`),
    ...choices.map(({ id: option, sentence }) => `      choice ${option}: ${sentence}`),
    ...findings.map(({ outcome, sentence }) => `      ${outcome}: ${sentence}`),
    ...commands.map((line) => `      $ ${line}`),
  ];
}
