/** The texts that people sign in a failover. Pure: the command line makes them too. */
import type { FailoverInput, FailoverProgress, StepProgress } from '../contract-failover.ts';
import type { FailoverMessageName } from '../contract-failover-messages.ts';
import type { StepLook } from '../contract-failover-steps.ts';

/**
 * The canonical text of what is approved, one fact a line. Its SHA-256 is what an approval or a choice names (law 8): the
 * run, the version of the runbook, the mode, what the step does, and when it was asked and what was true then.
 */
export function stepText(
  run: Pick<
    FailoverProgress,
    | 'workflowId'
    | 'runId'
    | 'runbook'
    | 'version'
    | 'mode'
    | 'declaredBy'
    | 'declaredAt'
    | 'reason'
    | 'lastDrill'
    | 'degraded'
    | 'rpo'
    | 'rto'
  > & { organization: string },
  step: Pick<StepProgress, 'id' | 'do' | 'does' | 'say' | 'role' | 'needed' | 'asked'>,
  look: StepLook,
  asked: string,
): string {
  const { lastDrill, rpo, rto } = run;
  return [
    'holdfast-failover-step/1',
    `organization: ${run.organization}`,
    `workflow: ${run.workflowId}`,
    `run: ${run.runId}`,
    `runbook: ${run.runbook}`,
    `version: ${run.version}`,
    `mode: ${run.mode}`,
    `declared: by ${run.declaredBy} at ${run.declaredAt}: ${run.reason}`,
    ...(run.degraded ? ['degraded: goes on without the lost side'] : []),
    `step: ${step.id} (${step.do})`,
    `role: ${step.role}`,
    ...(step.needed === undefined ? [] : [`people who must approve: ${step.needed}`]),
    ...(step.asked === undefined ? [] : [`asked for by: ${step.asked.by}`]),
    `for: ${oneLine(step.say)}`,
    `does: ${oneLine(step.does)}`,
    `asked: ${asked}`,
    ...look.facts.map(({ name, value }) => `fact: ${oneLine(name)}: ${oneLine(value)}`),
    ...look.choices.map(({ id, sentence }) => `choice: ${id}: ${oneLine(sentence)}`),
    ...look.findings
      .filter(({ outcome }) => outcome !== 'ok')
      .map(({ outcome, sentence }) => `${outcome}: ${oneLine(sentence)}`),
    ...(rpo.target === null ? [] : [`may lose: ${rpo.target} s of data`]),
    ...(rto.target === null ? [] : [`may take: ${rto.target} s in all`]),
    lastDrill === null
      ? 'last drill of this version: none'
      : `last drill of this version: ${lastDrill.at} ${lastDrill.result}${lastDrill.rto === null ? '' : `, ${Math.round(lastDrill.rto)} s`}`,
    '',
  ].join('\n');
}

/**
 * What a message's signature is over: the run, what is said, and what the person saw.
 *
 * @param said one of `FailoverSaid`, as it is sent
 */
export function messageText(
  run: { workflowId: string; runId: string },
  name: FailoverMessageName,
  said: { by: string },
): string {
  const fields = new Map(Object.entries(said));
  const line = (field: string, label = `${field}: `): string[] => {
    const value: unknown = fields.get(field);
    return typeof value === 'string' ? [`${label}${value}`] : [];
  };
  return [
    'holdfast-failover/1',
    `workflow: ${run.workflowId}`,
    `run: ${run.runId}`,
    `message: ${name}`,
    ...line('step'),
    ...line('sends'),
    ...line('note'),
    ...line('option'),
    ...line('hash', 'facts: sha256:'),
    ...line('evidence'),
    ...line('reason'),
    `person: ${said.by}`,
    '',
  ].join('\n');
}

const oneLine = (text: string): string => text.replaceAll(/[\s\p{Cc}]+/gu, ' ').trim();

/**
 * What the signature of whoever declares a run is over. The workflow's id and the time are its nonce: a declaration starts
 * one run, within minutes, of this runbook in this version.
 */
export function declarationText(
  {
    runbook,
    mode,
    person,
    reason,
    disaster,
  }: Pick<FailoverInput, 'runbook' | 'mode' | 'person' | 'reason' | 'disaster'>,
  { workflowId, at }: { workflowId: string; at: string },
): string {
  return [
    'holdfast-failover-declaration/1',
    `organization: ${runbook.organization}`,
    `workflow: ${workflowId}`,
    `runbook: ${runbook.name}`,
    `version: ${runbook.version}`,
    `mode: ${mode}`,
    ...(disaster === undefined ? [] : [`disaster: ${disaster.name} (${disaster.class})`]),
    `reason: ${reason}`,
    `at: ${at}`,
    `person: ${person}`,
    '',
  ].join('\n');
}
