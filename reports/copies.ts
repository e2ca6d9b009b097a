import type {
  CopiesCheck,
  CopiesCheckInput,
  CopiesFact,
  CopiesJudgement,
} from '../workflows/contract-checks.ts';

export type CopiesReport = {
  input: CopiesCheckInput;
  at: string;
  facts: readonly CopiesFact[];
  judged: Omit<CopiesJudgement, 'evidence'>;
};

/** Heads of the columns, in the order in which a reader asks. */
const columns: Record<CopiesCheck, string> = {
  copies: 'copies',
  media: 'media',
  offsite: 'offsite',
  residency: 'residency',
  reachable: 'reachable',
  rehashed: 'read again',
  decryptable: 'key opens',
  encrypted: 'encrypted',
  locked: 'locked',
};

const marks = { yes: 'yes', no: '**no**', 'not-checked': '?' } as const;

/** The check on copies for people. */
export function copiesReport({ input, at, judged }: CopiesReport): string {
  const { copies: rule, residency } = input.checks;
  const checks = Object.keys(columns).filter(isCheck);
  const wrong = judged.facts.filter(({ outcome }) => outcome === 'no');
  return [
    `# 3-2-1 check of ${text(input.organization)}: ${judged.result}`,
    '',
    `Checked at ${at}, by policy \`${input.policyHash.slice(0, 16)}\`: ${rule.copies} copies with production, on ${rule.media} media, ${rule.offsite} away from the source's site; the newest ${rule.sample === 1 ? 'copy' : `${rule.sample} copies`} in each repository read again${residency === null ? '' : `; in ${residency.join(' or ')} alone`}.`,
    '',
    ...section('What is wrong', distinct(wrong.map(told))),
    ...section('Put right', distinct(judged.facts.filter(({ mended }) => mended === true).map(told))),
    ...section('Not checked', distinct(judged.exceptions)),
    '## Plans',
    '',
    `| plan | ${checks.map((check) => columns[check]).join(' | ')} |`,
    `| --- |${' --- |'.repeat(checks.length)}`,
    ...judged.plans.map(
      ({ plan, outcomes }) => `| ${plan} | ${checks.map((check) => marks[outcomes[check]]).join(' | ')} |`,
    ),
  ]
    .join('\n')
    .concat('\n');
}

/**
 * The same for programs, with the number of copies and where they are. What holds is told shortly, so that the facts of a
 * thousand plans fit into one message of Temporal.
 */
export function copiesDocument({ input, at, facts, judged }: CopiesReport): object {
  const { copies: rule, residency } = input.checks;
  const counted: readonly CopiesCheck[] = ['copies', 'media', 'offsite'];
  return {
    at,
    policyHash: input.policyHash,
    rule: { copies: rule.copies, media: rule.media, offsite: rule.offsite, sample: rule.sample, residency },
    result: judged.result,
    plans: judged.plans.map(({ plan, outcomes }) => ({
      plan,
      outcomes,
      counted: facts
        .filter((fact) => fact.plan === plan && counted.includes(fact.check))
        .map(({ sentence }) => sentence),
    })),
    facts: judged.facts,
    exceptions: judged.exceptions,
  };
}

const isCheck = (name: string): name is CopiesCheck => Object.hasOwn(columns, name);

const told = ({ check, subject, sentence }: CopiesFact): string =>
  `${subject}, ${columns[check]}: ${sentence}`;

const distinct = (lines: readonly string[]): string[] => [...new Set(lines)];

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`## ${title}`, '', ...lines.map((line) => `- ${text(line)}`), ''];

/** What comes from elsewhere must not turn into markup, or into further lines. */
const text = (value: string): string => value.replaceAll(/\s+/g, ' ').replaceAll('<', '&lt;');
