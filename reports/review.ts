import type { RecoveryPhase, RunMode } from '../policy/resolved-failover.ts';
import { formatDuration } from '../policy/units.ts';
import type { Outcome } from '../workflows/contract.ts';
import type { FailoverReport, RunEvent, StepProgress } from '../workflows/contract-failover.ts';
import type { FollowUp } from '../workflows/contract-follow-ups.ts';
import type { Expectation } from '../workflows/contract-rehearsal.ts';
import type { Measured } from '../workflows/contract-restore-test.ts';
import { facts, list, phaseTitles, plainText, table } from './markdown.ts';

/** A run as its signed report tells it, as far as a review looks at it. */
export type ReviewedRun = Pick<
  FailoverReport,
  | 'runbook'
  | 'version'
  | 'class'
  | 'declaredBy'
  | 'declaredAt'
  | 'endedAt'
  | 'reason'
  | 'commander'
  | 'signatures'
  | 'degraded'
  | 'rto'
  | 'rpo'
  | 'exceptions'
  | 'undone'
  | 'left'
  | 'workflowId'
  | 'runId'
  | 'events'
  | 'refused'
> & {
  mode: RunMode;
  result: Outcome;
  steps: ReviewedStep[];
  lastDrill: { at: string; mode: RunMode; rto: number | null; steps: Record<string, number> } | null;
  /** Of a rehearsal: what was written down before it, and what its owner said of it. */
  expectations: Pick<Expectation, 'text' | 'came' | 'remark'>[];
  /** What was noted while it ran; what has become of it is known elsewhere. */
  followUps: Pick<FollowUp, 'id' | 'text' | 'owner' | 'due'>[];
};

export type ReviewedStep = Pick<
  StepProgress,
  'id' | 'phase' | 'role' | 'startedAt' | 'endedAt' | 'attempts' | 'sentences' | 'approvals'
> & { state: string };

/** What a review says of a run: facts of its report, what follows from them, and what people add. */
export type Review = {
  result: Outcome;
  organization: string;
  at: string;
  person: string | null;
  /** The report that it is made from. */
  of: { path: string; sha256: string; signedBy: string };
  run: ReviewedRun;
  findings: ReviewFindings;
  /** In the words of a person; null while nobody has said it. */
  rootCause: string | null;
  actions: ReviewAction[];
  /** What could not be looked at. */
  exceptions: string[];
};

export type ReviewFindings = {
  wentWell: string[];
  /** Steps that did not simply pass. */
  trouble: { step: string; state: string; attempts: number; sentences: string[] }[];
  slower: Slower[];
  /** What the facts give to talk about. */
  toImprove: string[];
};

/** Seconds now and in the last rehearsal of the same version. */
export type Slower = { step: string; seconds: number; before: number };

export type ReviewAction = Pick<FollowUp, 'id' | 'text' | 'owner' | 'due'> & { closed: string | null };

/** The review of a run after it is over, for people; programs read the facts themselves. */
export function reviewMarkdown(review: Review): string {
  const { run, findings, rootCause } = review;
  return [
    `# ${titles[run.mode]} ${plainText(run.runbook)}: review`,
    '',
    ...head(review),
    '## What went well',
    '',
    ...list(findings.wentWell, 'The facts show nothing.'),
    ...expectations(run),
    '## What did not go as planned',
    '',
    ...table(
      ['step', 'state', 'attempts', 'what happened'],
      findings.trouble.map(({ step, state, attempts, sentences }) => [
        step,
        state,
        String(attempts),
        sentences.join(' '),
      ]),
      'Every step passed at once.',
    ),
    '### Exceptions',
    '',
    ...list(run.exceptions, 'None.'),
    ...leftBehind(run),
    '### Slower than in the last rehearsal',
    '',
    ...slower(review),
    '## Root cause',
    '',
    ...(rootCause === null
      ? ['Nobody has said it yet: `holdfast report review RUN --root-cause TEXT`.', '']
      : paragraphs(rootCause)),
    '## Actions',
    '',
    ...table(
      ['', 'what', 'owner', 'due', 'closed'],
      review.actions.map(({ id, text, owner, due, closed }) => [id, text, owner, due, closed ?? 'open']),
      'No follow-up was written down.',
    ),
    '### To talk about',
    '',
    ...list(findings.toImprove, 'The facts give nothing to improve.'),
    '## Timeline',
    '',
    ...timeline(run),
    '## What this review does not tell',
    '',
    ...list(review.exceptions, 'Everything that was to be read could be read.'),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

const titles = { real: 'Failover', drill: 'Drill of', tabletop: 'Tabletop of' } as const;

function head({ organization, at, person, of, run }: Review): string[] {
  const took = (Date.parse(run.endedAt) - Date.parse(run.declaredAt)) / 1000;
  return facts([
    ['Organization', organization],
    ['Result', run.result],
    ['Disaster class', run.class],
    ['Declared', `${run.declaredAt} by ${run.declaredBy}: ${run.reason}`],
    ['Ended', `${run.endedAt}, after ${formatDuration(took)}`],
    ['Led by', run.commander ?? 'nobody took the lead'],
    ['RTO', against(run.rto)],
    ['RPO', against(run.rpo)],
    ['Runbook', `\`${run.runbook}\`, version \`${run.version.slice(0, 12)}\``],
    ['Run', `\`${run.workflowId}\`, \`${run.runId}\``],
    ['Report', `\`${of.path}\`, signed by ${of.signedBy}, SHA-256 \`${of.sha256}\``],
    ['Reviewed', person === null ? at : `${at}, by ${person}`],
  ]);
}

function against({ target, measured }: Measured): string {
  if (measured === null) return 'not measured';
  if (target === null) return `${formatDuration(measured)}; no tier sets a target`;
  return `${formatDuration(measured)}; the target of ${formatDuration(target)} is ${measured <= target ? 'met' : 'missed'}`;
}

/** What a rehearsal's owner says came, of what was written down beforehand. */
function expectations({ expectations: all }: ReviewedRun): string[] {
  if (all.length === 0) return [];
  return [
    '### Expected beforehand',
    '',
    ...table(
      ['expected', 'came', 'remark'],
      all.map(({ text, came, remark }) => [text, came ?? 'nobody said', remark ?? '']),
      '',
    ),
  ];
}

function leftBehind({ undone, left }: ReviewedRun): string[] {
  if (undone.length + left.length === 0) return [];
  return [
    '### Taken back',
    '',
    ...list(undone, 'Nothing was taken back.'),
    ...list(
      left.map((each) => `Left behind: ${each}`),
      'Nothing is left behind.',
    ),
  ];
}

function slower({ run: { lastDrill }, findings }: Review): string[] {
  if (lastDrill === null)
    return ['This version had not been rehearsed: there is nothing to compare with.', ''];
  return table(
    ['step', 'took', `rehearsed on ${lastDrill.at.slice(0, 10)}`, 'more'],
    findings.slower.map(({ step, seconds, before }) => [
      step,
      formatDuration(seconds),
      formatDuration(before),
      formatDuration(seconds - before),
    ]),
    'No step.',
  );
}

/** Lines of a person's text stay lines; what looks like markup is text. */
function paragraphs(text: string): string[] {
  return text
    .trim()
    .split(/\r\n|[\r\n]/)
    .flatMap((line) => (line.trim() === '' ? [] : [`> ${plainText(line)}`, '>']))
    .slice(0, -1)
    .concat('');
}

/** What was said and done, with the steps' own beginnings and ends. */
function timeline({ events, steps, declaredAt, declaredBy, endedAt, result }: ReviewedRun): string[] {
  const all: RunEvent[] = [
    { at: declaredAt, by: declaredBy, step: null, sentence: 'declared it' },
    ...steps.flatMap(({ id, phase, startedAt, endedAt: ended, state }) => [
      ...(startedAt === null
        ? []
        : [{ at: startedAt, by: null, step: id, sentence: `began (${phaseOf(phase)})` }]),
      ...(ended === null ? [] : [{ at: ended, by: null, step: id, sentence: state }]),
    ]),
    ...events,
    { at: endedAt, by: null, step: null, sentence: `ended: ${result}` },
  ];
  return table(
    ['at', 'person', 'step', ''],
    all
      .toSorted((a, b) => Date.parse(a.at) - Date.parse(b.at))
      .map(({ at, by, step, sentence }) => [at, by ?? '', step ?? '', sentence]),
    'Nothing happened.',
  );
}

const phaseOf = (phase: RecoveryPhase): string => phaseTitles[phase].toLowerCase();
