import { formatDuration } from '../policy/units.ts';
import type { Measured } from '../workflows/contract-restore-test.ts';
import type { ContinuityPlan, Objective, PlannedRunbook } from './bcp-facts.ts';
import { facts, list, phaseTitles, plainText, table } from './markdown.ts';

/** The business continuity plan of a service, for people; programs read the facts themselves. */
export function bcpMarkdown(plan: ContinuityPlan): string {
  return [
    `# Business continuity plan: ${plainText(plan.service.name)}`,
    '',
    plainText(plan.service.say),
    '',
    ...head(plan),
    '## Objectives',
    '',
    ...objectives(plan.objectives),
    '## Inventory',
    '',
    ...inventory(plan),
    '## Procedures',
    '',
    ...procedures(plan.runbooks),
    '## Contacts',
    '',
    ...table(
      ['person', 'address', 'roles', 'for'],
      plan.contacts.map(({ person, email, roles, why }) => [
        person,
        email ?? '',
        roles.join(', '),
        why.join('; '),
      ]),
      'Nobody.',
    ),
    '### What is told to whom',
    '',
    ...messages(plan),
    '## Test history',
    '',
    ...history(plan),
    '## Weaknesses',
    '',
    ...table(
      ['', 'where', 'what', 'to do'],
      plan.weaknesses.map(({ severity, path, message, hint }) => [severity, path, message, hint]),
      'The policy has no weakness that is known in what this service is made of.',
    ),
    '## What this plan does not tell',
    '',
    ...list(plan.exceptions, 'Everything that was to be read could be read.'),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function head({ organization, service, at, person, policyHash, review }: ContinuityPlan): string[] {
  return facts([
    ['Organization', organization],
    ['Owner', service.owner],
    ['Made', person === null ? at : `${at}, for ${person}`],
    ['Policy', `\`${policyHash.slice(0, 12)}\``],
    ['Reviewed', review.reviewed ?? 'never'],
    ['Next review', reviewText(review)],
  ]);
}

function reviewText({ every, next, overdue }: ContinuityPlan['review']): string {
  const rhythm = `every ${formatDuration(every)}`;
  if (next === null) return `due now; then ${rhythm}`;
  return overdue ? `was due on ${next}; ${rhythm}` : `${next}; ${rhythm}`;
}

const day = (time: string): string => time.slice(0, 10);
const seconds = (value: number | null, none: string): string =>
  value === null ? none : formatDuration(value);

function objectives(all: readonly Objective[]): string[] {
  return table(
    ['what', 'tier', 'RTO', 'measured', 'RPO', 'measured', 'by'],
    all.map(({ what, tier, rto, rpo, by }) => [
      what,
      tier ?? 'none',
      seconds(rto.target, 'none'),
      against(rto),
      seconds(rpo.target, 'none'),
      against(rpo),
      by === null ? 'nothing yet' : `${by.kind} of ${day(by.at)}`,
    ]),
    'No tier of the policy sets any.',
  );
}

function against({ target, measured }: Measured): string {
  if (measured === null) return 'not measured';
  const time = formatDuration(measured);
  return target === null ? time : `${time}, ${measured <= target ? 'met' : '**missed**'}`;
}

function inventory({ sources, plans, keys, targets, runbooks }: ContinuityPlan): string[] {
  return [
    ...table(
      ['source', 'zone', 'site', 'tier', 'plans'],
      sources.map(({ name, zone, site, tier, plans: own }) => [
        name,
        zone,
        site,
        tier ?? 'none',
        own.join(', ') || '**none**',
      ]),
      'It has no source.',
    ),
    ...table(
      ['plan', 'source', 'schedule', 'retention', 'key', 'restore tests'],
      plans.map(({ name, source, schedule, retention, key, tested }) => [
        name,
        source,
        schedule,
        retention ?? 'for ever',
        key,
        tested ?? 'none on a schedule',
      ]),
      'It has no plan.',
    ),
    ...table(
      ['plan', 'copies in', 'zone', 'site', 'medium', 'protection', 'proven last'],
      plans.flatMap(({ name, copies }) =>
        copies.map(({ repository, zone, site, medium, protection, provenAt }) => [
          name,
          repository,
          zone,
          site,
          medium,
          protection,
          provenAt === null ? 'not in this time' : day(provenAt),
        ]),
      ),
      'There are no copies.',
    ),
    ...table(
      ['key', 'opened in zones'],
      keys.map(({ name, opensIn }) => [name, opensIn.join(', ') || '**nowhere**']),
      'There are no keys.',
    ),
    ...table(
      ['target', 'zone', 'in runbooks'],
      targets.map(({ name, zone, runbooks: used }) => [name, zone, used.join(', ')]),
      'Its runbooks have no targets.',
    ),
    ...table(
      ['runbook', 'version', 'class', 'for the loss of', 'led by', 'rehearsed in this version'],
      runbooks.map(({ name, version, class: of, lost, commander, rehearsed }) => [
        name,
        version.slice(0, 12),
        of,
        lost.join(', ') || 'no zone',
        commander,
        rehearsed === null ? '**never**' : `${day(rehearsed.at)}, ${rehearsed.mode}: ${rehearsed.result}`,
      ]),
      'No runbook brings it back.',
    ),
  ];
}

function procedures(runbooks: readonly PlannedRunbook[]): string[] {
  if (runbooks.length === 0) return ['There are none.', ''];
  return runbooks.flatMap(({ name, say, steps }) => [
    `### Runbook ${plainText(name)}`,
    '',
    ...(say === '' ? [] : [plainText(say), '']),
    `With its exact commands: \`holdfast runbook print ${name}\`. It is started with \`holdfast failover start ${name}\`, and rehearsed with \`holdfast drill ${name}\`.`,
    '',
    ...table(
      ['phase', 'step', 'role', 'zone', 'decides', 'what is done'],
      steps.map(({ id, phase, role, zone, does, asks }) => [
        phaseTitles[phase],
        id,
        role,
        zone,
        asks ? 'yes' : '',
        does,
      ]),
      'It has no steps.',
    ),
  ]);
}

function messages({ messages: all }: ContinuityPlan): string[] {
  return table(
    ['message', 'for', 'at', 'approved by', 'goes by', 'out within'],
    all.map(({ name, audience, moment, role, channel, within }) => [
      name,
      audience,
      moment,
      role,
      channel ?? 'hand',
      within === undefined ? '' : formatDuration(within),
    ]),
    'No message is written beforehand.',
  );
}

function history({ history: records, more, since }: ContinuityPlan): string[] {
  return [
    `From signed reports since ${day(since)}.`,
    '',
    ...table(
      ['when (UTC)', 'what', 'of', 'result', 'RTO', 'RPO', 'report', 'SHA-256'],
      records.map(({ at, kind, subject, result, rto, rpo, path, sha256 }) => [
        at.slice(0, 16).replace('T', ' '),
        kind,
        subject,
        result,
        against(rto),
        against(rpo),
        path,
        sha256.slice(0, 16),
      ]),
      'Nothing was tested or rehearsed.',
    ),
    ...(more === 0 ? [] : [`And ${more} more; \`holdfast evidence list\` has them.`, '']),
  ];
}
