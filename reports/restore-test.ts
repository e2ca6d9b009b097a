import { formatBytes, formatDuration } from '../policy/units.ts';
import type { Measured, TestAttempt, TestedPlan } from '../workflows/contract-restore-test.ts';

/** The report of a restore test for people; programs read the facts themselves. */
export function restoreTestMarkdown(tested: TestedPlan): string {
  const { plan, result, verdict, backup, picked, attempts, healed, exceptions, organization } = tested;
  return [
    `# Restore test of ${plan}: ${result}`,
    '',
    verdicts[verdict],
    '',
    '| | |',
    '| --- | --- |',
    row('Organization', organization),
    row('Source', tested.source),
    row('Backup', backup === null ? 'none' : `\`${backup.backupId}\``),
    row('Tested', `${tested.at}, in zone ${tested.zone}`),
    row('Run', `\`${tested.workflowId}\`, \`${tested.runId}\``),
    row('RTO', against(tested.rto, 'from the start of the restore to the last check')),
    row('RPO', against(tested.rpo, 'the longest time between two backups')),
    '',
    ...section('Why this one', picked.map(item)),
    ...attempts.flatMap(attemptLines),
    ...section(
      'Healed',
      healed.map(({ sentence }) => item(sentence)),
    ),
    ...section('Exceptions', exceptions.map(item)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

const verdicts = {
  proven: 'Proven: it was restored, and is what was backed up.',
  disproven: 'Disproven: it did not restore, or is not what was backed up.',
  untested: 'Could not be tested: nobody knows whether it restores. This is no proof.',
} as const;

function attemptLines(attempt: TestAttempt): string[] {
  const { repository, verdict, reason, checks, warnings } = attempt;
  const rows = attempt.rows === null ? '' : `, ${attempt.rows} rows in ${attempt.tables} tables`;
  const restored =
    attempt.restoreSeconds === null
      ? 'not restored'
      : `${formatBytes(attempt.bytes)} restored in ${formatDuration(attempt.restoreSeconds)}${rows}; all checks after ${formatDuration(attempt.totalSeconds)}`;
  return [
    `## The copy in ${repository}: ${verdict}`,
    '',
    '| | |',
    '| --- | --- |',
    row('Restore', restored),
    row('Manifest signed by', attempt.signedBy ?? 'not known'),
    row('Data of', attempt.dataTime ?? 'not known'),
    ...(attempt.newestRow === null ? [] : [row('Newest row', attempt.newestRow)]),
    row('Scratch place', attempt.scratchGone ? 'destroyed, and seen to be gone' : 'not seen to be gone'),
    '',
    ...(reason === null ? [] : [text(reason.sentence), '']),
    ...(checks.length === 0 ? [] : ['| check | outcome | |', '| --- | --- | --- |']),
    ...checks.map(({ check, outcome, sentence }) => `| ${check} | ${outcome} | ${cell(sentence)} |`),
    ...(checks.length === 0 ? [] : ['']),
    ...warnings.flatMap((warning) => [`Warning: ${text(warning)}`, '']),
  ];
}

function against({ target, measured }: Measured, what: string): string {
  if (measured === null) return 'not measured';
  const seconds = `${formatDuration(measured)} (${what})`;
  if (target === null) return `${seconds}; no tier sets a target`;
  const met = measured <= target ? 'met' : 'missed';
  return `${seconds}; the target of ${formatDuration(target)} is ${met}`;
}

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${title}`, '', ...lines, ''];

const row = (name: string, value: string): string => `| ${name} | ${cell(value)} |`;
const item = (sentence: string): string => `- ${text(sentence)}`;
const cell = (value: string): string => text(value).replaceAll('|', '\\|');

/** What comes from a database or a command must not turn into markup, or into further lines. */
const text = (value: string): string =>
  value.replaceAll(/\s+/g, ' ').replaceAll('<', '&lt;').replaceAll(/\]\(/g, ']\\(');
