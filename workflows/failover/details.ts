/** A run as Markdown for the current details in Temporal's Web UI. Pure. */

import { recoveryPhases } from '../../policy/resolved-failover.ts';
import { formatDuration } from '../../policy/units.ts';
import type { FailoverProgress, RunEvent, StepProgress } from '../contract-failover.ts';
import type { FailoverMessageName } from '../contract-failover-messages.ts';
import type { Expectation } from '../contract-rehearsal.ts';
import { bullets, cell } from '../markdown.ts';
import { shortened } from '../shortened.ts';
import { dueLines } from './due.ts';
import { formOf } from './forms.ts';

/** Temporal shows some 20 KB. */
const limit = 18_000;
const shownEvents = 12;

/** What is asked comes first: a table of 200 steps may be cut, and a question may not. */
export function failoverMarkdown(run: FailoverProgress, at: number): string {
  const { runbook, mode, phase, declaredBy, declaredAt, reason, commander, commanders, result } = run;
  const title = result ?? (run.aborted === null ? phase : 'stopping');
  return [
    `### ${mode === 'real' ? 'Failover' : mode} ${cell(runbook)}: ${title}`,
    '',
    cell(`Declared${asDisaster(run)} by ${declaredBy} at ${declaredAt}: ${reason}`),
    '',
    `${checkOf(run)}.`,
    '',
    ...dueLines(run.steps, at).flatMap((line) => [`**${cell(line)}.**`, '']),
    `${clockOf(run, at)}. Led by ${cell(commander ?? `nobody yet: a person of the role ${commanders}`)}.`,
    ...(run.degraded ? ['', `**Goes on without ${cell(run.lost.join(', '))}.**`] : []),
    ...verdictWanted(run),
    ...run.steps.filter(({ waitsFor }) => waitsFor !== null).flatMap((step) => question(run, step)),
    ...tableOf(run.steps),
    ...bullets('Expected', (run.expectations ?? []).map(expectedLine)),
    ...bullets('Exceptions', run.exceptions.slice(-20)),
    ...bullets('Not followed', run.refused.slice(-shownEvents).map(lineOf)),
    ...bullets('Timeline', run.events.slice(-shownEvents).map(lineOf)),
  ]
    .join('\n')
    .slice(0, limit);
}

/** The policy's disaster, and how grave it is. */
export const asDisaster = ({
  disaster,
  class: grave,
}: Pick<FailoverProgress, 'disaster' | 'class'>): string =>
  disaster === undefined ? '' : ` as ${disaster} (${grave})`;

/** Why a rehearsal whose steps are over has not ended: its owner has not said what came out; null for every other run. */
export function verdictOf({
  phase,
  verdict,
  expectations = [],
}: Pick<FailoverProgress, 'phase' | 'verdict' | 'expectations'>): string | null {
  if (phase !== 'judging' || verdict === undefined) return null;
  const open = expectations.filter(({ came }) => came === null).length;
  return `Everything is done. ${verdict.owner} says of ${open} of ${expectations.length} expected outcomes whether they came out, until ${verdict.until}; then it ends without`;
}

/** An expected outcome by its number, and what was said of it. */
export function expectedLine({ text, came, remark }: Expectation, index: number): string {
  const said = came === null ? 'not said yet' : came === 'yes' ? 'came out' : 'did not come out';
  return `${index + 1}. ${text} (${said}${remark === null ? '' : `: ${remark}`})`;
}

function verdictWanted(run: FailoverProgress): string[] {
  const wanted = verdictOf(run);
  if (wanted === null) return [];
  const command = `holdfast failover outcome ${run.workflowId} NUMBER yes|no --as ${run.verdict?.owner}`;
  return [
    '',
    `**${cell(wanted)}.**`,
    '',
    `- \`${command}\`, or the Signal \`outcome\` with \`${formOf('outcome')}\``,
  ];
}

/** When somebody looked last whether the runbook could be followed, and what came of it. */
export function checkOf({
  lastCheck,
  version,
  declaredAt,
}: Pick<FailoverProgress, 'lastCheck' | 'version' | 'declaredAt'>): string {
  if (lastCheck === null) return 'Never checked, as far as is known';
  const age = Math.max(0, (Date.parse(declaredAt) - Date.parse(lastCheck.at)) / 1000);
  const when = `Checked ${formatDuration(age)} before it was declared`;
  if (lastCheck.version !== version) return `${when}, in another version`;
  const { result, faults } = lastCheck;
  return faults.length === 0 ? `${when}: ${result}` : `${when}: ${result}, because of ${faults.join(', ')}`;
}

/** The clock against the objective: while it runs, and what it came to. */
export function clockOf({ rto, rpo, declaredAt, result }: FailoverProgress, at: number): string {
  const elapsed = (at - Date.parse(declaredAt)) / 1000;
  const time = rto.measured ?? (result === null ? elapsed : null);
  const measured = (value: number | null) => (value === null ? 'not measured' : formatDuration(value));
  const target = (value: number | null) => (value === null ? '' : ` of ${formatDuration(value)}`);
  return `RTO ${measured(time)}${target(rto.target)}, RPO ${measured(rpo.measured)}${target(rpo.target)}`;
}

const answers: Record<NonNullable<StepProgress['waitsFor']>['kind'], readonly FailoverMessageName[]> = {
  approval: ['approve', 'reject'],
  choice: ['choose', 'reject'],
  deed: ['complete', 'skip'],
  decision: ['retry', 'skip', 'complete'],
};

function question(run: FailoverProgress, step: StepProgress): string[] {
  const { id, role, does, say, waitsFor, facts, choices, hash } = step;
  if (waitsFor === null) return [];
  const signed = run.signatures === 'signed';
  return [
    '',
    `**${cell(id)}** waits for ${cell(role)}${countOf(step)}, since ${waitsFor.since}: ${cell(waitsFor.sentence)}`,
    '',
    ...[say, does].filter((text) => text !== '').map((text) => `- ${cell(text)}`),
    ...facts.map(({ name, value }) => `- ${cell(name)}: **${cell(value)}**`),
    ...choices.map((choice) => `- choice \`${choice.id}\`: ${cell(choice.sentence)}`),
    ...(hash === null || (waitsFor.kind !== 'approval' && waitsFor.kind !== 'choice')
      ? []
      : [`- facts \`${hash}\``]),
    ...answers[waitsFor.kind].map((name) => `- ${howTo(run, step, name, signed)}`),
  ];
}

/** How many have approved of how many that must. */
export function countOf({ needed, approvals, waitsFor }: StepProgress): string {
  if (needed === undefined || waitsFor?.kind !== 'approval') return '';
  const who = approvals.map(({ by }) => by).join(', ');
  return ` (${approvals.length} of ${needed} approved${who === '' ? '' : `: ${who}`})`;
}

function howTo(
  { runbook, mode }: FailoverProgress,
  { id, choices, hash }: StepProgress,
  name: FailoverMessageName,
  signed: boolean,
): string {
  const more: Partial<Record<FailoverMessageName, string>> = {
    reject: ' --reason "…"',
    skip: ' --reason "…"',
    complete: ' --evidence "…"',
    choose: ` ${choices[0]?.id ?? 'OPTION'}`,
  };
  const key = signed && name !== 'reject' ? ' --sign-with KEYFILE' : '';
  const run = mode === 'real' ? runbook : `drill/${runbook}`;
  const command = `holdfast failover ${name} ${run} ${id}${more[name] ?? ''} --as NAME${key}`;
  if (key !== '')
    return `\`${command}\`, or paste what \`holdfast failover sign ${name} …\` prints as the Signal \`${name}\``;
  const form = formOf(name)
    .replace('STEP', id)
    .replace('SHA-256 OF THE FACTS', hash ?? '');
  return `\`${command}\`, or the Signal \`${name}\` with \`${form}\``;
}

function tableOf(steps: readonly StepProgress[]): string[] {
  const rows = recoveryPhases.flatMap((phase) =>
    steps
      .filter((step) => step.phase === phase)
      .map(
        ({ id, role, state, startedAt, endedAt, attempts, approvals, sentences }) =>
          `| ${phase} | ${cell(id)} | ${cell(role)} | ${state}${attempts > 1 ? ` (${attempts} attempts)` : ''} | ${timesOf(startedAt, endedAt)} | ${cell(approvals.map(({ by }) => by).join(', '))} | ${cell(shortened(sentences.at(-1) ?? '', 160))} |`,
      ),
  );
  return [
    '',
    '| phase | step | role | state | time | approved | |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    ...rows,
  ];
}

function timesOf(startedAt: string | null, endedAt: string | null): string {
  if (startedAt === null) return '';
  if (endedAt === null) return `since ${startedAt.slice(11, 19)}`;
  return formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
}

const lineOf = ({ at, by, step, sentence }: RunEvent): string =>
  [at, step, by === null ? null : `${by}:`, sentence].filter((part) => part !== null).join(' ');
