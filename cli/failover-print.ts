import { recoveryPhases } from '../policy/resolved-failover.ts';
import { formatDuration } from '../policy/units.ts';
import type { FailoverProgress, StepProgress } from '../workflows/contract-failover.ts';
import {
  asDisaster,
  checkOf,
  clockOf,
  countOf,
  expectedLine,
  verdictOf,
} from '../workflows/failover/details.ts';
import { dueLines } from '../workflows/failover/due.ts';
import { shortened } from '../workflows/shortened.ts';
import type { Context } from './context.ts';

const shownEvents = 10;

/** A run for people: what is asked, the table of steps, the clock. */
export function failoverLines(run: FailoverProgress, colors: Context['colors'], at: number): string[] {
  const { workflowId, phase, result, mode, declaredBy, declaredAt, reason, commander, commanders } = run;
  return [
    `${workflowId} (${mode}): ${paint(colors, result ?? (run.aborted === null ? phase : 'stopping'))}`,
    `  declared${asDisaster(run)} by ${declaredBy} at ${declaredAt}: ${reason}`,
    `  ${clockOf(run, at)}; led by ${commander ?? `nobody yet: a person of the role ${commanders}`}`,
    ...dueLines(run.steps, at).map((line) => `  ${colors.yellow(line)}`),
    `  version ${run.version.slice(0, 12)}, ${lastDrillOf(run)}`,
    `  ${checkOf(run)}`,
    ...[verdictOf(run)].flatMap((text) => (text === null ? [] : [`  ${colors.yellow(text)}`])),
    ...(run.degraded ? [`  goes on without ${run.lost.join(', ')}`] : []),
    '',
    ...stepLines(run.steps, colors),
    ...run.steps
      .filter(({ waitsFor }) => waitsFor !== null)
      .flatMap((step) => ['', ...questionLines(run, step)]),
    ...titled('Expected', expectedLines(run)),
    ...titled(
      'Follow-ups',
      (run.followUps ?? []).map(({ id, owner, due, text }) => `${id}  ${owner} until ${due}: ${text}`),
    ),
    ...titled('Exceptions', run.exceptions),
    ...titled(
      'Not followed',
      run.refused.slice(-shownEvents).map(({ by, sentence }) => `${by ?? ''} ${sentence}`),
    ),
    ...titled(
      'Timeline (UTC)',
      run.events
        .slice(-shownEvents)
        .map(
          ({ at: when, step, sentence }) =>
            `${when.slice(11, 19)} ${step === null ? '' : `${step}: `}${sentence}`,
        ),
    ),
  ];
}

function lastDrillOf({ lastDrill }: FailoverProgress): string {
  if (lastDrill === null) return 'never rehearsed in this version';
  const took = lastDrill.rto === null ? '' : ` in ${formatDuration(lastDrill.rto)}`;
  return `rehearsed last at ${lastDrill.at}: ${lastDrill.result}${took}`;
}

function expectedLines({ expectations = [], workflowId, result }: FailoverProgress): string[] {
  const open = result === null && expectations.some(({ came }) => came === null);
  return [
    ...expectations.map(expectedLine),
    ...(open ? [`holdfast failover outcome ${workflowId} NUMBER yes|no --as NAME`] : []),
  ];
}

const titled = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ['', `${title}:`, ...lines.map((line) => `  ${line}`)];

function stepLines(steps: readonly StepProgress[], colors: Context['colors']): string[] {
  const width = Math.max(4, ...steps.map(({ id }) => id.length));
  return recoveryPhases.flatMap((phase) => {
    const own = steps.filter((step) => step.phase === phase);
    return own.map(({ id, state, role, startedAt, endedAt, sentences }, index) =>
      `  ${(index === 0 ? phase : '').padEnd(9)} ${id.padEnd(width)}  ${paint(colors, state, 22)} ${role.padEnd(16)} ${timeOf(startedAt, endedAt).padEnd(8)} ${shortened(sentences.at(-1) ?? '', 100)}`.trimEnd(),
    );
  });
}

function timeOf(startedAt: string | null, endedAt: string | null): string {
  if (startedAt === null) return '';
  if (endedAt === null) return startedAt.slice(11, 19);
  return formatDuration((Date.parse(endedAt) - Date.parse(startedAt)) / 1000);
}

const answers = {
  approval: ['approve', 'reject'],
  choice: ['choose', 'reject'],
  deed: ['complete', 'skip'],
  decision: ['retry', 'skip', 'complete'],
} as const;

/** What a step asks of people: the facts, and the commands that answer. */
export function questionLines(run: FailoverProgress, step: StepProgress): string[] {
  const { id, role, waitsFor, facts, choices, does, hash } = step;
  if (waitsFor === null) return [];
  const shown = run.mode === 'real' ? run.runbook : run.workflowId;
  const key = run.signatures === 'signed' ? ' --sign-with KEYFILE' : '';
  const options = {
    approve: key,
    reject: ' --reason "…"',
    choose: ` OPTION${key}`,
    complete: ` --evidence "…"${key}`,
    skip: ` --reason "…"${key}`,
    retry: key,
  };
  return [
    `${id} waits for ${role}${countOf(step)} since ${waitsFor.since}: ${waitsFor.sentence}`,
    `  does       ${does}`,
    ...facts.map(({ name, value }) => `  ${name}: ${value}`),
    ...choices.map(
      ({ id: option, sentence, rtoSeconds, rpoSeconds }) =>
        `  option     ${option}: ${sentence} (${time('RTO', rtoSeconds)}, ${time('RPO', rpoSeconds)})`,
    ),
    ...(waitsFor.kind === 'approval' || waitsFor.kind === 'choice' ? [`  facts      ${hash ?? ''}`] : []),
    ...answers[waitsFor.kind].map(
      (name) => `  holdfast failover ${name} ${shown} ${id} --as NAME${options[name]}`,
    ),
  ];
}

const time = (what: string, seconds: number | null): string =>
  `${what} ${seconds === null ? 'unknown' : formatDuration(seconds)}`;

function paint(colors: Context['colors'], state: string, width = 0): string {
  const text = state.padEnd(width);
  if (state === 'passed') return colors.green(text);
  if (state === 'asking' || state === 'failed' || state === 'aborted') return colors.red(text);
  return state === 'waiting' || state === 'passed-with-exceptions' || state === 'skipped'
    ? colors.yellow(text)
    : text;
}
