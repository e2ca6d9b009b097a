import { facts, list, plainText, table } from './markdown.ts';

export const periods = ['daily', 'weekly', 'monthly', 'quarterly'] as const;
export type DutyPeriod = (typeof periods)[number];

/** Something that somebody does again and again. */
export type Duty = {
  /** A role, or one person by name. */
  who: string;
  period: DutyPeriod;
  what: string;
  /** How; null where nothing but a person can. */
  command: string | null;
  /** YYYY-MM-DD, where there is a day. */
  due: string | null;
};

/** Something that waits for somebody now. */
export type Waiting = { who: string; what: string; command: string; since: string | null };

/** What each role does when, made from the policy. */
export type Checklist = {
  organization: string;
  policyHash: string;
  /** ISO 8601. */
  at: string;
  /** Whose: a role or a person; null: everybody's. */
  of: string | null;
  duties: Duty[];
  waiting: Waiting[];
  /** Who holds which role. */
  holders: Record<string, string[]>;
  /** What could not be looked at. */
  exceptions: string[];
};

/** The checklist for people, to be ticked on paper; programs read the facts themselves. */
export function checklistMarkdown(checklist: Checklist): string {
  const { organization, policyHash, at, of, duties, waiting, exceptions } = checklist;
  const names = [...new Set(duties.map(({ who }) => who))];
  return [
    of === null ? '# Checklist' : `# Checklist of ${plainText(of)}`,
    '',
    ...facts([
      ['Organization', organization],
      ['Made', at],
      ['Policy', `\`${policyHash.slice(0, 12)}\``],
    ]),
    '## Waiting now',
    '',
    ...table(
      ['for', 'what', 'since', 'answer with'],
      waiting.map(({ who, what, since, command }) => [who, what, since ?? '', `\`${command}\``]),
      exceptions.length === 0 ? 'Nothing.' : 'Nothing that could be seen.',
    ),
    ...names.flatMap((who) => ofOne(who, checklist)),
    ...(names.length === 0 ? ['Nothing is to be done regularly.', ''] : []),
    '## What could not be looked at',
    '',
    ...list(exceptions, 'Everything could be looked at.'),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function ofOne(who: string, { duties, holders }: Checklist): string[] {
  const held = holders[who];
  return [
    `## ${plainText(who)}`,
    '',
    ...(held === undefined
      ? []
      : [held.length === 0 ? 'Nobody holds this role.' : plainText(held.join(', ')), '']),
    ...periods.flatMap((period) => {
      const own = duties.filter((duty) => duty.who === who && duty.period === period);
      if (own.length === 0) return [];
      return [`### ${titles[period]}`, '', ...own.map(line), ''];
    }),
  ];
}

const titles: Record<DutyPeriod, string> = {
  daily: 'Every day',
  weekly: 'Every week',
  monthly: 'Every month',
  quarterly: 'Every quarter',
};

function line({ what, command, due }: Duty): string {
  const how = command === null ? '' : `: \`${command.replaceAll('`', "'")}\``;
  return `- [ ] ${plainText(what)}${due === null ? '' : ` (${due})`}${how}`;
}
