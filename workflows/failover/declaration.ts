import { patched } from '@temporalio/workflow';
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
  const refusal = await whyNotDeclared(run);
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
