import type { Criterion, CriterionId } from './criteria.ts';

/** A rule of a standard or a law, in our own words, and what Holdfast does about it. */
export type Rule = {
  /** ISO 27001:2022 A.8.13 */
  id: string;
  framework: 'ISO 27001:2022' | 'SOC 2' | 'GDPR';
  /** What it asks, in our words: the standard itself says it better, and is not ours to copy. */
  asks: string;
  does: string;
  /** What shows it. */
  criteria: readonly CriterionId[];
  /** What it asks beyond what any of this could show. */
  yours: string;
};

/**
 * met: every criterion holds. partly: some do. not shown: none does, or nothing could be looked at. Never more than what facts
 * show: whether a rule is fulfilled is for an auditor.
 */
export type RuleState = 'met' | 'partly' | 'not shown';

export type JudgedRule = Rule & { state: RuleState; judged: Criterion[] };

export const rules: readonly Rule[] = [
  {
    id: 'A.8.13',
    framework: 'ISO 27001:2022',
    asks: 'Information and software are backed up by an agreed policy, and the copies are tried regularly.',
    does: 'The policy says what is backed up when, how often and where to; restore tests bring copies back and compare them with what was saved.',
    criteria: ['planned', 'recent-tests', 'copy-rule', 'encrypted', 'retention'],
    yours: 'That everything that matters is a source of the policy.',
  },
  {
    id: 'A.5.29',
    framework: 'ISO 27001:2022',
    asks: 'Information stays protected also while operations are disturbed.',
    does: 'Recovery keeps the rules of everyday: keys apart from copies, approvals bound to facts, everything written into the audit log.',
    criteria: ['encrypted', 'keys-apart', 'signed-approvals', 'audited', 'rehearsed'],
    yours: 'The security of what people do by hand in a disaster.',
  },
  {
    id: 'A.5.30',
    framework: 'ISO 27001:2022',
    asks: 'What IT needs for continuity is planned, kept ready and tried, against objectives of the business.',
    does: 'Services have continuity plans made from facts; runbooks are checked daily and rehearsed; RTO and RPO are measured against tiers.',
    criteria: ['objectives', 'services-planned', 'rehearsed', 'objectives-met', 'plans-reviewed'],
    yours: 'The business impact analysis from which RTO and RPO come.',
  },
  {
    id: 'A.8.14',
    framework: 'ISO 27001:2022',
    asks: 'What must be available is there more than once.',
    does: 'Copies lie in several repositories, on several media and at another site; runbooks promote what stands by.',
    criteria: ['copy-rule', 'offsite', 'rehearsed'],
    yours: 'Redundant hardware, networks and power.',
  },
  {
    id: 'A1.2',
    framework: 'SOC 2',
    asks: 'Backup and recovery are designed, built, run and watched so that the availability that was promised is met.',
    does: 'Plans run by themselves, each copy is read back, health is looked at every few minutes, and alerts reach people.',
    criteria: ['planned', 'copy-rule', 'offsite', 'alerted', 'encrypted'],
    yours: 'Environmental protection, and the capacity of what runs the service.',
  },
  {
    id: 'A1.3',
    framework: 'SOC 2',
    asks: 'The procedures of recovery are tested.',
    does: 'Restore tests compare to the row; drills run the same steps as the real failover; both leave signed reports.',
    criteria: ['recent-tests', 'rehearsed', 'objectives-met'],
    yours: 'Tests of what is recovered by other means.',
  },
  {
    id: 'CC7.4',
    framework: 'SOC 2',
    asks: 'Incidents are answered by a procedure that is understood, and what was learned is used.',
    does: 'Runbooks with roles, approvals and messages; a review after each run, and follow-ups that are chased.',
    criteria: ['services-planned', 'rehearsed', 'reviewed-runs', 'alerted'],
    yours: 'Finding incidents, and those that no runbook is about.',
  },
  {
    id: 'CC7.5',
    framework: 'SOC 2',
    asks: 'After an incident what was affected is brought back, its causes are looked into, and plans get better and are tried.',
    does: 'Failover and restore to a proven state, signed reports of what was done, reviews with root cause and actions.',
    criteria: ['recent-tests', 'rehearsed', 'reviewed-runs', 'plans-reviewed'],
    yours: 'Removing the cause.',
  },
  {
    id: 'Art. 32(1)(b)',
    framework: 'GDPR',
    asks: 'Systems stay confidential, unchanged, available and able to take a blow, all the time.',
    does: 'Encrypted copies that cannot be changed or deleted early, in several places; deletion behind several approvals and a delay.',
    criteria: ['encrypted', 'immutable', 'offsite', 'guarded-deletion'],
    yours: 'The systems in production themselves.',
  },
  {
    id: 'Art. 32(1)(c)',
    framework: 'GDPR',
    asks: 'After an incident personal data can be reached again in good time.',
    does: 'Backups that were proven to restore, runbooks that were rehearsed, and the times that both took.',
    criteria: ['planned', 'recent-tests', 'rehearsed', 'objectives-met'],
    yours: 'What “good time” is for those whose data it is.',
  },
  {
    id: 'Art. 32(1)(d)',
    framework: 'GDPR',
    asks: 'Whether the measures work is tried and judged regularly, by a procedure.',
    does: 'Restore tests, checks of the 3-2-1 rule and rehearsals on schedules, each with a signed report.',
    criteria: ['recent-tests', 'copies-checked', 'rehearsed', 'plans-reviewed'],
    yours: 'The same for measures that are not about recovery.',
  },
  {
    id: 'Art. 5(1)(f)',
    framework: 'GDPR',
    asks: 'Personal data is protected against loss, damage and those who have no right to it.',
    does: 'Encryption before anything leaves the source’s zone, keys away from the copies, write-once copies, development databases masked.',
    criteria: ['encrypted', 'keys-apart', 'immutable', 'masked'],
    yours: 'Everything outside of backups, and how long data may be kept at all.',
  },
  {
    id: 'Art. 33',
    framework: 'GDPR',
    asks: 'A breach is told to the authority within 72 hours, and is documented.',
    does: 'Alerts and the audit log say when what was noticed and done, signed reports document it, and a message to the authority is ready and sent once somebody approved it.',
    criteria: ['alerted', 'audited', 'regulator-message', 'reviewed-runs'],
    yours:
      'Whether something is a breach, and telling the authority and people. Holdfast tells nobody outside by itself.',
  },
];

/** Each rule with what shows it. */
export function judgeRules(criteria: readonly Criterion[]): JudgedRule[] {
  return rules.map((rule) => {
    const judged = rule.criteria.flatMap((id) => criteria.find((criterion) => criterion.id === id) ?? []);
    return { ...rule, judged, state: stateOf(judged) };
  });
}

function stateOf(judged: readonly Criterion[]): RuleState {
  // What does not apply is no gap, and proves nothing either.
  const applying = judged.filter(({ holds }) => holds !== 'not-applicable');
  if (applying.length === 0 || applying.every(({ holds }) => holds === 'no' || holds === 'not-known'))
    return 'not shown';
  return applying.every(({ holds }) => holds === 'yes') ? 'met' : 'partly';
}
