import { counted, formatBytes, formatCost, formatDuration } from '../policy/units.ts';
import type { AuditReport, CoveredPlan, FoundIncidents, Incident } from '../workflows/contract-report.ts';
import type { Measured } from '../workflows/contract-restore-test.ts';
import { facts, list, table } from './markdown.ts';

/** The report of a quarter for people; programs read the facts themselves. */
export function auditMarkdown(report: AuditReport): string {
  const { organization, period, timezone, at, coverage, tests } = report;
  return [
    `# Backup and recovery of ${organization}: ${period.name}`,
    '',
    summary(report),
    '',
    ...facts([
      ['Period', `${period.from} to ${period.to} (${timezone})`],
      ['Made', report.person === null ? at : `${at}, for ${report.person}`],
      ['Policy', report.policyHash],
      ['Run', `${report.workflowId}, ${report.runId}`],
    ]),
    '## Coverage',
    '',
    ...list(
      coverage.unprotected.map((source) => `No plan backs up source ${source}.`),
      `Every one of the ${coverage.sources} sources has a plan.`,
    ),
    ...table(
      ['plan', 'source', 'tier', 'copies', 'backups', 'newest', 'age', 'back to'],
      coverage.plans.map(coverageRow),
      'There are no plans.',
    ),
    '## Restore tests',
    '',
    `${tests.proven} proven, ${tests.disproven} disproven, ${tests.untested} could not be made.`,
    '',
    ...table(
      ['plan', 'scheduled', 'proven', 'disproven', 'not made', 'last proven', 'RTO', 'RPO'],
      coverage.plans.map(testRow),
      'There are no plans.',
    ),
    ...failureLines(report),
    ...storageLines(report),
    ...incidentLines(report.incidents),
    ...otherLines(report),
    '## Recommendations',
    '',
    ...table(
      ['', 'where', 'what', 'to do'],
      report.recommendations.map(({ severity, places, count, message, hint }) => [
        severity,
        count > places.length ? `${places.join(', ')} and ${count - places.length} more` : places.join(', '),
        message,
        hint,
      ]),
      'The policy has no weakness that is known.',
    ),
    '## What this report does not tell',
    '',
    ...list(report.exceptions, 'Everything that was to be read could be read.'),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

/** The sentences that somebody reads who reads no more. */
function summary({ coverage, tests, incidents, exceptions }: AuditReport): string {
  const planned = coverage.sources - coverage.unprotected.length;
  const without = coverage.plans.filter(({ backups }) => backups === 0).length;
  return [
    `${planned} of ${coverage.sources} sources have a plan.`,
    without === 0
      ? 'Every plan has a backup.'
      : `${without} of ${coverage.plans.length} plans have no backup.`,
    coverage.unproven.length === 0
      ? 'Every plan was proven by a restore test.'
      : `${coverage.unproven.length} of ${coverage.plans.length} plans were not proven by a restore test: ${named(coverage.unproven)}.`,
    tests.disproven === 0 ? '' : `${counted(tests.disproven, 'restore test')} found a bad copy.`,
    incidents === null ? '' : `Alerts opened: ${incidents.counts['alert.opened'] ?? 0}.`,
    exceptions.length === 0 ? '' : `${counted(exceptions.length, 'thing')} could not be looked at.`,
  ]
    .filter((sentence) => sentence !== '')
    .join(' ');
}

/** So many names; the tables have all. */
function named(names: readonly string[]): string {
  const shown = names.slice(0, 10).join(', ');
  return names.length > 10 ? `${shown} and ${names.length - 10} more` : shown;
}

function coverageRow(plan: CoveredPlan): string[] {
  return [
    plan.plan,
    plan.source,
    plan.tier ?? '–',
    placesOf(plan),
    String(plan.backups),
    day(plan.newest),
    plan.age === null ? '–' : formatDuration(Math.max(0, plan.age)),
    day(plan.oldest),
  ];
}

function placesOf({ wanted, held, airgapped }: CoveredPlan): string {
  const missing = wanted.filter((name) => !held.includes(name));
  return [
    held.length === 0 ? 'none' : held.join(', '),
    missing.length === 0 ? '' : `; not seen in ${missing.join(', ')}`,
    airgapped.length === 0 ? '' : `; air-gapped in ${airgapped.join(', ')}`,
  ].join('');
}

function testRow(plan: CoveredPlan): string[] {
  return [
    plan.plan,
    plan.scheduled ? 'yes' : 'no',
    String(plan.proven),
    String(plan.disproven),
    String(plan.untested),
    day(plan.lastProven),
    against(plan.rto),
    against(plan.rpo),
  ];
}

function against({ target, measured }: Measured): string {
  if (measured === null) return 'not measured';
  const time = formatDuration(measured);
  if (target === null) return time;
  return `${time}, ${measured <= target ? 'within' : 'over'} ${formatDuration(target)}`;
}

const day = (time: string | null): string => time?.slice(0, 10) ?? '–';
const minute = (time: string | null): string => time?.slice(0, 16).replace('T', ' ') ?? '–';

function failureLines({ tests }: AuditReport): string[] {
  if (tests.failures.length === 0) return [];
  return [
    '### Tests that proved nothing',
    '',
    ...table(
      ['when (UTC)', 'plan', 'verdict', 'why', 'report'],
      tests.failures.map(({ at, plan, verdict, sentence, path }) => [
        minute(at),
        plan,
        verdict,
        sentence ?? '',
        path,
      ]),
      '',
    ),
    ...(tests.more === 0 ? [] : [`And ${tests.more} more.`, '']),
  ];
}

function storageLines({ storage: { repositories, cost } }: AuditReport): string[] {
  const money = (amount: number | null) =>
    amount === null ? 'not known' : formatCost(amount, cost.currency);
  return [
    '## Storage and cost',
    '',
    ...table(
      ['repository', 'zone', 'backups', 'bytes', 'free', ''],
      repositories.map(({ repository, zone, backups, bytes, free, unreadable }) => [
        repository,
        zone,
        backups === null ? '–' : String(backups),
        bytes === null ? '–' : formatBytes(bytes),
        free === null ? '–' : formatBytes(free),
        unreadable ?? '',
      ]),
      'There is no repository.',
    ),
    ...facts([
      ['A month costs', money(cost.now)],
      ['In 30 days', money(cost.in30Days)],
      ['In a year', money(cost.in365Days)],
      ['Budget', cost.budget === null ? 'none' : money(cost.budget)],
      ['Prices of', cost.asOf],
      ['Without a price', formatBytes(cost.unpricedBytes)],
    ]),
    ...table(
      ['repository', 'storage class', 'bytes', 'cost'],
      cost.lines.map(({ repository, storageClass, bytes, cost }) => [
        repository,
        storageClass ?? '–',
        formatBytes(bytes),
        money(cost),
      ]),
      'Nothing is stored.',
    ),
  ];
}

function incidentLines(found: FoundIncidents | null): string[] {
  const title = ['## Incidents', ''];
  if (found === null) return [...title, 'There is no audit log to tell.', ''];
  const { counts, incidents, more, unreadable } = found;
  return [
    ...title,
    ...table(
      ['when (UTC)', 'what', 'subject', 'why', 'until'],
      incidents.map(incidentRow),
      'There were none.',
    ),
    ...(more === 0 ? [] : [`And ${more} more.`, '']),
    '### Everything that was recorded',
    '',
    ...table(
      ['what', 'how often'],
      Object.entries(counts)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([action, count]) => [action, String(count)]),
      'Nothing.',
    ),
    ...(unreadable === 0
      ? []
      : [`${unreadable} entries could not be understood: run \`holdfast audit verify\`.`, '']),
  ];
}

function incidentRow({ at, action, subject, outcome, sentence, severity, closedAt }: Incident): string[] {
  const alert = action === 'alert.opened';
  return [
    minute(at),
    alert ? `alert${severity === null ? '' : ` (${severity})`}` : `${action} (${outcome})`,
    subject,
    sentence ?? '',
    alert ? minute(closedAt) : '',
  ];
}

function otherLines({ otherReports }: AuditReport): string[] {
  if (otherReports.length === 0) return [];
  return [
    '## Other reports',
    '',
    ...table(
      ['kind', 'result', 'how many'],
      otherReports.map(({ kind, result, count }) => [kind, result, String(count)]),
      '',
    ),
  ];
}
