import { HoldfastError } from '../../policy/errors.ts';
import type { StepOf } from '../../policy/resolved-failover.ts';
import type { PolicyCommand } from '../../policy/resolved-proof.ts';
import { toolMissing } from '../../process/index.ts';
import type { PreflightFinding, StepRun } from '../../workflows/contract-failover-steps.ts';
import { runPolicyCommand } from '../policy-command.ts';
import { reasonOf } from '../reason.ts';
import type { Work } from '../work.ts';
import { isProgram } from './program.ts';
import { reported } from './said.ts';
import { findingOf, simulated } from './sayings.ts';
import type { StepWork } from './step-work.ts';

type CommandStep = StepOf<'command'>;
type Part = 'run' | 'check' | 'undo';

/**
 * A command of the policy's. In a drill its `drill` command runs, and nothing else of it: the check and the way back are
 * of the real thing. A worker's death runs it again, so that it must bear that, as the policy's description says.
 */
export const command: StepWork<'command'> = {
  async look(step, run, work) {
    const findings: PreflightFinding[] = [];
    for (const [part, each] of commandsOf(step, run)) {
      const faults = await faultsOf(each, work);
      findings.push(
        ...faults.map((sentence) => findingOf(step, 'fault', `The ${nameOf(part)}: ${sentence}`)),
      );
    }
    if (findings.length > 0) return { findings, facts: [], choices: [] };
    const ok =
      orderOf(step, run) === undefined
        ? findingOf(step, 'not-checked', `${step.id}: ${notInDrill}`)
        : findingOf(step, 'ok', 'The programs are there and the secrets can be read.');
    return { findings: [ok], facts: [], choices: [] };
  },

  async carryOut(step, run, work) {
    const order = orderOf(step, run);
    if (order === undefined) return simulated(notInDrill);
    const { sentence, output } = await ran(step, run, work, { part: 'run', command: order });
    return reported(sentence, { output });
  },

  async check(step, run, work) {
    if (step.check === undefined) return reported('It has no check but its exit status.');
    if (run.mode !== 'real' && step.drill === undefined) return reported(notInDrill);
    if (run.mode !== 'real') return simulated('the check is of the real thing, and is not run in a drill.');
    const { sentence, output } = await ran(step, run, work, { part: 'check', command: step.check });
    return reported(sentence, { output });
  },

  async undo(step, run, work) {
    if (run.mode !== 'real' && step.drill === undefined)
      return { outcome: 'nothing-to-undo', sentence: `${step.id}: ${notInDrill}` };
    if (run.mode !== 'real' || step.undo === undefined)
      return { outcome: 'not-undoable', sentence: `The policy names no way back from ${step.id}.` };
    const { sentence } = await ran(step, run, work, { part: 'undo', command: step.undo });
    return { outcome: 'undone', sentence };
  },
};

const notInDrill = 'in a drill nothing is run, since the step names no `drill` command.';

const orderOf = (step: CommandStep, run: StepRun): PolicyCommand | undefined =>
  run.mode === 'real' ? step.command : step.drill;

/** What this mode would run. */
function commandsOf(step: CommandStep, run: StepRun): [Part, PolicyCommand][] {
  const order = orderOf(step, run);
  const parts: [Part, PolicyCommand | undefined][] =
    run.mode === 'real'
      ? [
          ['run', order],
          ['check', step.check],
          ['undo', step.undo],
        ]
      : [['run', order]];
  return parts.flatMap(([part, each]): [Part, PolicyCommand][] => (each === undefined ? [] : [[part, each]]));
}

const nameOf = (part: Part): string => (part === 'run' ? 'command' : `\`${part}\` command`);

async function ran(
  step: CommandStep,
  run: StepRun,
  work: Work,
  { part, command: order }: { part: Part; command: PolicyCommand },
): Promise<{ sentence: string; output: string | null }> {
  const { outcome, seconds, sentence, output } = await runPolicyCommand(work, order, {
    HOLDFAST_RUN: run.workflowId,
    HOLDFAST_RUNBOOK: run.runbook,
    HOLDFAST_MODE: run.mode,
    HOLDFAST_STEP: step.id,
    HOLDFAST_PART: part,
  });
  if (outcome === 'failed')
    throw new HoldfastError('process-failed', `The ${nameOf(part)} of ${step.id} failed: ${sentence}`);
  return {
    sentence: `The ${nameOf(part)} ${order.run[0] ?? ''} ended with status 0 after ${seconds.toFixed(1)} s.`,
    output,
  };
}

/** Why a command could not even be started here. */
async function faultsOf({ run, secrets }: PolicyCommand, work: Work): Promise<string[]> {
  const [program = ''] = run;
  const faults = (await isProgram(program)) ? [] : [toolMissing(program).sentence];
  for (const ref of Object.values(secrets))
    await work.secret(ref).catch((error: unknown) => {
      if (work.signal.aborted) throw error;
      faults.push(reasonOf(error).sentence);
    });
  return faults;
}
