import type { Person } from '../policy/resolved.ts';
import { type RecoveryPhase, type ResolvedRunbook, recoveryPhases } from '../policy/resolved-failover.ts';
import { formatDuration } from '../policy/units.ts';
import { facts, list, phaseTitles, plainText, table } from './markdown.ts';

/** A runbook with what each of its steps does, for people who follow it by hand. */
export type RunbookDocument = {
  runbook: ResolvedRunbook;
  people: readonly Person[];
  /** In an order in which each comes after what it needs. */
  steps: readonly DocumentStep[];
  /** ISO 8601. */
  printedAt: string;
};

export type DocumentStep = {
  id: string;
  phase: RecoveryPhase;
  role: string;
  /** Where its commands are run. */
  zone: string;
  needs: readonly string[];
  /** Whether somebody decides before it is done. */
  asks: boolean;
  /** How many people must approve it. */
  approvals: number;
  /** What it tells people, with placeholders for what is true then. */
  message: { subject: string; text: string } | null;
  say: string;
  does: string;
  inDrill: string;
  /** Without secrets. */
  commands: readonly string[];
  /** What its commands need, and where that is: no secret itself. */
  secrets: readonly string[];
  /** Seconds. */
  timeout: number;
};

/** The document that is at hand when nothing else works: print it before, and keep it where the lost zone can't take it. */
export function runbookMarkdown(document: RunbookDocument): string {
  const { runbook, steps } = document;
  return [
    `# Runbook ${plainText(runbook.name)}`,
    '',
    ...(runbook.say === '' ? [] : [plainText(runbook.say), '']),
    ...head(document),
    '## How to follow it by hand',
    '',
    ...list(rules(document), ''),
    '## Order',
    '',
    ...table(
      ['', 'step', 'phase', 'role', 'after', 'decides'],
      steps.map(({ id, phase, role, needs, asks, approvals }, index) => [
        String(index + 1),
        id,
        phase,
        role,
        needs.join(', '),
        asks ? (approvals > 1 ? `${approvals} people` : 'yes') : '',
      ]),
      'It has no steps.',
    ),
    '## People',
    '',
    ...people(document),
    ...recoveryPhases.flatMap((phase) => phaseOf(phase, steps)),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function head({ runbook, printedAt }: RunbookDocument): string[] {
  const { tier, lost, protects } = runbook;
  return facts([
    ['Organization', runbook.organization],
    ['Version', `\`${runbook.version.slice(0, 12)}\`, policy \`${runbook.policyHash.slice(0, 12)}\``],
    ['Printed', printedAt],
    ['Disaster class', runbook.class],
    ['Recovers from the loss of', lost.length === 0 ? 'nothing' : lost.join(', ')],
    ['Fails over', protects.length === 0 ? 'nothing that is backed up' : protects.join(', ')],
    [
      'Targets',
      tier === undefined
        ? 'none'
        : `tier ${tier.name}: RTO ${formatDuration(tier.rto)}, RPO ${formatDuration(tier.rpo)}`,
    ],
    ['Led by', runbook.commander],
  ]);
}

function rules({ runbook }: RunbookDocument): string[] {
  return [
    'Write down when it was declared and by whom: the clock against the RTO runs from then.',
    'A step begins when all steps that it comes after are done. Steps that wait for nothing go side by side.',
    `Where a step asks for a decision, somebody of its role decides who did not declare the disaster; ${runbook.commander} leads.`,
    'What can’t be done is not skipped in silence: write down who decided so, and why.',
    'Commands hold no secrets. Each step says where its secrets are.',
    ...(runbook.lost.length === 0
      ? []
      : [
          `Nothing here needs ${runbook.lost.join(' or ')} to answer. Let nothing there come back before it is fenced.`,
        ]),
  ];
}

function people({ people, steps, runbook }: RunbookDocument): string[] {
  const roles = [...new Set([runbook.commander, ...steps.map(({ role }) => role)])];
  return table(
    ['role', 'who'],
    roles.map((role) => [role, holders(people, role)]),
    'Nobody.',
  );
}

function holders(people: readonly Person[], role: string): string {
  const found = people.filter(({ roles }) => roles.includes(role));
  return (
    found.map(({ name, email }) => (email === undefined ? name : `${name} (${email})`)).join(', ') || 'nobody'
  );
}

function phaseOf(phase: RecoveryPhase, steps: readonly DocumentStep[]): string[] {
  const own = steps.filter((step) => step.phase === phase);
  return own.length === 0
    ? []
    : [`## ${phaseTitles[phase]}`, '', ...own.flatMap((step) => stepLines(step, steps.indexOf(step) + 1))];
}

function stepLines(step: DocumentStep, number: number): string[] {
  const { id, role, zone, needs, asks, approvals, say, does, inDrill, commands, secrets, timeout } = step;
  const after = needs.length === 0 ? 'at once' : `after ${needs.join(', ')}`;
  return [
    `### ${number}. ${plainText(id)}`,
    '',
    ...(say === '' ? [] : [`**${plainText(say)}**`, '']),
    plainText(does),
    '',
    `- ${plainText(role)}, ${after}; at most ${formatDuration(timeout)}${asks ? `; **${approvals > 1 ? `${approvals} people decide` : 'somebody decides'} first**` : ''}`,
    ...(commands.length === 0 ? [] : [`- On a host of zone ${plainText(zone)}:`]),
    '',
    ...fenced(commands),
    ...messageLines(step),
    ...secrets.map((secret) => `- Needs ${plainText(secret)}`),
    `- In a drill: ${plainText(inDrill)}`,
    '- [ ] done at ____________ by ____________, seen: ________________________',
    '',
  ];
}

/** Placeholders are left: whoever follows it by hand fills them in. */
function messageLines({ message }: DocumentStep): string[] {
  if (message === null) return [];
  const { subject, text } = message;
  return [subject, '', ...text.split('\n')].map((line) => `    ${line}`.trimEnd()).concat('');
}

/** A fence longer than any run of backticks inside. */
function fenced(commands: readonly string[]): string[] {
  if (commands.length === 0) return [];
  const longest = Math.max(
    2,
    ...commands.flatMap((line) => [...line.matchAll(/`+/g)].map(([run]) => run.length)),
  );
  const fence = '`'.repeat(longest + 1);
  return [`${fence}sh`, ...commands, fence, ''];
}
