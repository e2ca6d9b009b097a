import type { Period } from '../workflows/contract-report.ts';
import type { Criterion } from './criteria.ts';
import type { JudgedRule, RuleState } from './mapping.ts';
import { facts, list, plainText, table } from './markdown.ts';

/** Which rules are met by which facts. It says what was seen, and certifies nothing. */
export type ComplianceReport = {
  result: 'passed' | 'passed-with-exceptions';
  organization: string;
  policyHash: string;
  /** ISO 8601. */
  at: string;
  person: string | null;
  period: Period;
  rules: JudgedRule[];
  criteria: Criterion[];
  /** What could not be looked at. */
  exceptions: string[];
};

/** The mapping of rules to facts for people; programs read the facts themselves. */
export function complianceMarkdown(report: ComplianceReport): string {
  const { organization, at, person, policyHash, period, rules, criteria, exceptions } = report;
  return [
    `# Backup and recovery of ${plainText(organization)}: which rules are met by which facts`,
    '',
    'What the policy says and what signed reports show. This is no certificate and no legal advice: whether a rule is fulfilled is',
    'for an auditor to say, and for each rule the last column names what nothing here could show.',
    '',
    ...facts([
      ['Made', person === null ? at : `${at}, for ${person}`],
      ['Reports of', `${period.from} to ${period.to}`],
      ['Policy', policyHash],
      ['Rules', counted(rules)],
    ]),
    ...frameworks(rules),
    '## What was seen',
    '',
    ...criteria.flatMap(criterionLines),
    '## What could not be looked at',
    '',
    ...list(exceptions, 'Everything that was to be read could be read.'),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

const states: Record<RuleState, string> = { met: 'met', partly: '**partly**', 'not shown': '**not shown**' };

function counted(rules: readonly JudgedRule[]): string {
  return Object.keys(states)
    .map((state) => `${rules.filter((rule) => rule.state === state).length} ${state}`)
    .join(', ');
}

function frameworks(rules: readonly JudgedRule[]): string[] {
  return [...new Set(rules.map(({ framework }) => framework))].flatMap((framework) => [
    `## ${framework}`,
    '',
    ...table(
      ['rule', 'asks, in our words', 'what Holdfast does', 'state', 'why', 'left to you'],
      rules
        .filter((rule) => rule.framework === framework)
        .map(({ id, asks, does, state, judged, yours }) => [
          id,
          asks,
          does,
          states[state],
          whyOf(state, judged),
          yours,
        ]),
      '',
    ),
  ]);
}

/** Of a rule that is met: what shows it; else what is lacking. */
function whyOf(state: RuleState, judged: readonly Criterion[]): string {
  const lacking = judged.filter(({ holds }) => holds !== 'yes' && holds !== 'not-applicable');
  const told = state === 'met' ? judged.filter(({ holds }) => holds === 'yes') : lacking;
  return told.map(({ sentence, id }) => `${sentence} (${id})`).join(' ');
}

const answers: Record<Criterion['holds'], string> = {
  yes: 'yes',
  'in-part': 'in part',
  no: 'no',
  'not-known': 'not known',
  'not-applicable': 'does not apply',
};

function criterionLines({ id, holds, sentence, seenIn, evidence, more }: Criterion): string[] {
  return [
    `### ${id}: ${answers[holds]}`,
    '',
    plainText(sentence),
    '',
    ...(evidence.length === 0
      ? [seenIn === 'policy' ? 'Seen in the policy.' : 'No signed report of this time shows it.', '']
      : table(
          ['report', 'at', 'SHA-256'],
          evidence.map(({ path, at, sha256 }) => [path, at.slice(0, 10), sha256]),
          '',
        )),
    ...(more === 0 ? [] : [`And ${more} more: \`holdfast evidence list\` has them.`, '']),
  ];
}
