import { recoveryPhases } from '../policy/resolved-failover.ts';
import { formatDuration } from '../policy/units.ts';
import type { EarlierRun, FailoverReport, RunEvent, StepProgress } from '../workflows/contract-failover.ts';
import type { Measured } from '../workflows/contract-restore-test.ts';
import { messagesOf } from './failover-messages.ts';
import { facts, list, plainText, table } from './markdown.ts';

/** The report of a failover or of a rehearsal for people; programs read the facts themselves. */
export function failoverMarkdown(report: FailoverReport): string {
  const { mode, runbook, result, exceptions, undone, left, refused } = report;
  return [
    `# ${titles[mode]} ${plainText(runbook)}: ${result}`,
    '',
    ...summary(report),
    ...rehearsal(report),
    '## Exceptions',
    '',
    ...list(exceptions, 'None.'),
    ...steps(report),
    '## Approvals',
    '',
    ...approvals(report.steps),
    ...messagesOf(report.steps),
    ...(undone.length + left.length === 0
      ? []
      : ['## Undone', '', ...list(undone, 'Nothing was undone.'), ...list(left, 'Nothing is left behind.')]),
    ...followUps(report),
    '## Timeline',
    '',
    ...timeline(report.events),
    ...(refused.length === 0 ? [] : ['## Messages that were not followed', '', ...timeline(refused)]),
    ...outputs(report.steps),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

const titles = { real: 'Failover', drill: 'Drill of', tabletop: 'Tabletop of' } as const;

function summary(report: FailoverReport): string[] {
  const { lastDrill, lost } = report;
  return facts([
    ['Organization', report.organization],
    ['Runbook', `\`${report.runbook}\`, version \`${report.version.slice(0, 12)}\``],
    ['Policy', `\`${report.policyHash.slice(0, 12)}\``],
    ...(report.disaster === undefined ? [] : ([['Disaster', report.disaster]] as const)),
    ['Disaster class', report.class],
    ['Declared', `${report.declaredAt} by ${report.declaredBy}: ${report.reason}`],
    ['Ended', `${report.endedAt}, after ${formatDuration(secondsOf(report.declaredAt, report.endedAt))}`],
    ['Led by', report.commander ?? 'nobody took the lead'],
    ['Taken as lost', lost.length === 0 ? 'nothing' : lost.join(', ')],
    ...(report.degraded ? ([['Degraded', 'it went on without the lost side']] as const) : []),
    ['RTO', against(report.rto, 'from the declaration to the last step before the return to normal')],
    ['RPO', against(report.rpo, 'what the newest data lacked')],
    ['Tier', report.tier ?? 'none'],
    ['Approvals', report.signatures === 'signed' ? 'signed with SSH keys' : 'by name'],
    [
      'Last rehearsal of this version',
      lastDrill === null ? 'none' : `${lastDrill.at}: ${lastDrill.result}${rtoOf(lastDrill.rto)}`,
    ],
    ['Measured against', measuredAgainst(report)],
    ['Last check without effect', checked(report)],
    ['Run', `\`${report.workflowId}\`, \`${report.runId}\``],
  ]);
}

/** The rehearsal beside whose times those of the steps stand. Reports of before have the last one of this version alone. */
const beforeOf = ({ before, lastDrill }: FailoverReport): EarlierRun | null =>
  before === undefined ? lastDrill : before;

function measuredAgainst(report: FailoverReport): string {
  const before = beforeOf(report);
  if (before === null) return 'nothing: no rehearsal of this kind came to its end';
  const version =
    before.version === report.version ? 'this version' : `version \`${before.version.slice(0, 12)}\``;
  const what = `the ${before.mode} of ${before.at}, ${version}${rtoOf(before.rto)}`;
  const { measured } = report.rto;
  return before.rto === null || measured === null
    ? what
    : `${what}: this run was ${differenceOf(measured, before.rto)}`;
}

/** By how much a time is above or below another one. */
function differenceOf(seconds: number, before: number): string {
  const difference = Math.round(seconds - before);
  if (difference === 0) return 'as long';
  return `${formatDuration(Math.abs(difference))} ${difference > 0 ? 'longer' : 'shorter'}`;
}

function checked({ lastCheck }: FailoverReport): string {
  if (lastCheck === undefined || lastCheck === null) return 'none that is known';
  const { at, result, version, faults } = lastCheck;
  const of = faults.length === 0 ? '' : `: ${faults.join(', ')}`;
  return `${at}, version \`${version.slice(0, 12)}\`: ${result}${of}`;
}

const rtoOf = (rto: number | null): string => (rto === null ? '' : `, RTO ${formatDuration(rto)}`);

/** What was expected of a rehearsal, and what its owner let go wrong. */
function rehearsal({ drill, expectations }: FailoverReport): string[] {
  if (drill === null) return [];
  const surprises = drill.inject.map((each) =>
    each.what === 'fail' ? `The first attempt of ${each.step} fails.` : `${each.person} does not answer.`,
  );
  return [
    '## The rehearsal',
    '',
    `Owner: ${plainText(drill.owner)}.${drill.name === undefined ? '' : ` Plan: ${plainText(drill.name)}.`}`,
    '',
    'Expected beforehand:',
    '',
    ...(expectations === undefined
      ? list(drill.expect, 'Nothing was written down.')
      : table(
          ['expected', 'came out', 'said by', 'remark'],
          expectations.map(({ text, came, by, at, remark }) => [
            text,
            came ?? 'nobody said',
            by === null ? '' : `${by} at ${at ?? ''}`,
            remark ?? '',
          ]),
          'Nothing was written down.',
        )),
    'Surprises:',
    '',
    ...list(surprises, 'None.'),
  ];
}

/** By the phases of recovery, each step beside what it took in the last rehearsal. */
function steps(report: FailoverReport): string[] {
  const { steps: all } = report;
  const before = beforeOf(report)?.steps ?? {};
  return recoveryPhases.flatMap((phase) => {
    const own = all.filter((step) => step.phase === phase);
    if (own.length === 0) return [];
    return [
      `## Phase: ${phase}`,
      '',
      ...table(
        ['step', 'role', 'state', 'time', 'last rehearsal', 'difference', 'what it does', 'what happened'],
        own.map(({ id, role, state, startedAt, endedAt, does, sentences }) => [
          id,
          role,
          state,
          startedAt === null || endedAt === null ? '' : formatDuration(secondsOf(startedAt, endedAt)),
          before[id] === undefined ? '' : formatDuration(before[id]),
          startedAt === null || endedAt === null || before[id] === undefined
            ? ''
            : differenceOf(secondsOf(startedAt, endedAt), before[id]),
          does,
          sentences.join(' '),
        ]),
        'None.',
      ),
    ];
  });
}

function approvals(all: readonly StepProgress[]): string[] {
  return table(
    ['step', 'person', 'at', 'key', 'facts'],
    all.flatMap(({ id, approvals: given, hash }) =>
      given.map(({ by, at, key }) => [id, by, at, key ?? 'by name', (hash ?? '').slice(0, 12)]),
    ),
    'Nobody was asked to approve.',
  );
}

/** What people noted that is to be done; what became of it since stands elsewhere. */
function followUps({ followUps: noted = [] }: FailoverReport): string[] {
  if (noted.length === 0) return [];
  return [
    '## To be done',
    '',
    ...table(
      ['id', 'what', 'owner', 'until', 'noted by'],
      noted.map(({ id, text, owner, due, notedBy }) => [id, text, owner, due, notedBy]),
      'Nothing.',
    ),
  ];
}

const timeline = (events: readonly RunEvent[]): string[] =>
  table(
    ['at', 'person', 'step', ''],
    events.map(({ at, by, step, sentence }) => [at, by ?? '', step ?? '', sentence]),
    'Nothing happened.',
  );

/** As code, so that no output turns into markup. */
function outputs(all: readonly StepProgress[]): string[] {
  const told = all.flatMap(({ id, output }) =>
    output === null || output.trim() === '' ? [] : [{ id, output }],
  );
  if (told.length === 0) return [];
  return [
    '## Outputs',
    '',
    ...told.flatMap(({ id, output }) => [
      `### ${plainText(id)}`,
      '',
      ...output.split(/\r\n|[\r\n]/).map((line) => `    ${line}`),
      '',
    ]),
  ];
}

function against({ target, measured }: Measured, what: string): string {
  if (measured === null) return 'not measured';
  const seconds = `${formatDuration(measured)} (${what})`;
  if (target === null) return `${seconds}; no tier sets a target`;
  return `${seconds}; the target of ${formatDuration(target)} is ${measured <= target ? 'met' : 'missed'}`;
}

const secondsOf = (from: string, to: string): number => (Date.parse(to) - Date.parse(from)) / 1000;
