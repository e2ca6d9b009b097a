import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ChildWorkflowCancellationType,
  defineSignal,
  ParentClosePolicy,
  patched,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { type Workflows, workflowTypes } from '../contract.ts';
import { releaseSignal } from '../contract-failover-messages.ts';
import { requestLifetime } from '../contract-request.ts';
import { failWith, reasonOf } from '../failures.ts';
import { activitiesIn, patient } from '../proxies.ts';
import type { Run } from './run.ts';
import { declarationText } from './text.ts';

/** Whether whoever declares the run signs that. Rehearsals touch nothing, and Schedules have no key. */
export const isDeclarationSigned = ({ input: { mode, runbook } }: Pick<Run, 'input'>): boolean =>
  mode === 'real' && runbook.signatures.real === 'signed';

/**
 * Lets a real run begin only when one of the policy's people signed that they declare it, for this runbook in this version,
 * right now.
 *
 * @throws ApplicationFailure `authentication-failed` when the declaration is missing or does not count
 */
export async function requireDeclaration(run: Run): Promise<void> {
  // Runs of before were declared by name.
  if (!isDeclarationSigned(run) || !patched('signed-declaration')) return;
  const refusal = (await whyNotDeclared(run)) ?? (patched('declared-once') ? await whyNotOnce(run) : null);
  if (refusal !== null) throw failWith({ code: 'authentication-failed', sentence: refusal });
  run.desk.note(null, `${run.input.person} signed that they declare it.`);
}

async function whyNotDeclared({ input, desk }: Run): Promise<string | null> {
  const { declaration, people, person, runbook } = input;
  const { workflowId, declaredAt } = desk.state().shown;
  if (declaration === undefined)
    return `The runbook ${runbook.name} wants signatures, and who declares it signs that: add --sign-with KEYFILE.`;
  const age = (Date.parse(declaredAt) - Date.parse(declaration.at)) / 1000;
  if (!(Math.abs(age) <= requestLifetime))
    return `The declaration was signed at ${declaration.at}, and counts for ${requestLifetime / 60} minutes: sign a new one, and check the clocks.`;
  const known = people.find(({ name }) => name === person);
  if (known === undefined) return `The policy knows no ${person} among its people.`;
  const text = declarationText(input, { workflowId, at: declaration.at });
  const limits = { within: 300, attempts: 5, patience: patient, urgent: true };
  try {
    const { signature } = declaration;
    const check = await activitiesIn(runbook.zone, limits).checkApproval({
      text,
      signature,
      person: known,
      purpose: 'failover',
    });
    return 'refusal' in check ? check.refusal : null;
  } catch (error) {
    return `The declaration's signature could not be checked: ${reasonOf(error).sentence}`;
  }
}

/**
 * A declaration starts one run: whoever reads it in a history must not start another with it while it counts. Temporal
 * itself keeps that, for longer than a declaration counts: what claims it has its name, and no name is given twice. The name
 * is of what was signed, since of one text there may be several good signatures.
 */
async function whyNotOnce({ input, desk }: Run): Promise<string | null> {
  const { workflowId } = desk.state().shown;
  const at = input.declaration?.at ?? '';
  const source = `${input.runbook.name}/${at}`;
  try {
    const claim = await startChild<Workflows['protect']>(workflowTypes.protect, {
      workflowId: `declared/${source}`,
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      parentClosePolicy: ParentClosePolicy.TERMINATE,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
      staticSummary: `The declaration of ${at} has started its run`,
      args: [{ source, holder: workflowId, mode: input.mode }],
    });
    await claim.signal(defineSignal(releaseSignal));
    return null;
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return `The declaration of ${at} has started a run before: each starts one. Sign a new one.`;
  }
}
