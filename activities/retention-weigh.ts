import { createHash } from 'node:crypto';
import { HoldfastError } from '../policy/errors.ts';
import type { RetentionRules, Tier } from '../policy/resolved.ts';
import {
  canonicalActions,
  decideAttached,
  decideRetention,
  type RetainedBackup,
  type RetentionDecision,
} from '../retention/index.ts';
import type { Basis, DeedInput, RetainedPlan, Weighed, WeighInput } from '../workflows/contract-retention.ts';
import { unpackSurvey } from './retention-pack.ts';
import type { Work } from './work.ts';

/** How many of each kind a summary names; everything is decided again from the survey where all is needed. */
const most = { expiries: 300, promotions: 300, violations: 100, shorter: 20 };

/** A decision with what it was made of. */
export type Decision = RetentionDecision & {
  /** SHA-256 of everything that it does. */
  hash: string;
  byId: ReadonlyMap<string, RetainedBackup>;
};

/** What is decided on a survey: the same for everybody who asks. @throws HoldfastError `bad-usage` without rules */
export function decideOn(
  { plan, survey, now, attached }: Basis,
  former?: { rules: RetentionRules; timezone: string },
): Decision {
  const { backups } = unpackSurvey(survey);
  const question = {
    rules: rulesOf(plan),
    timezone: plan.timezone,
    ...former,
    promoted: promotedTiers(plan),
    archives: archivesOf(plan),
    now,
    backups,
  };
  const decision =
    attached === undefined ? decideRetention(question) : decideAttached({ ...question, ...attached });
  const hash = createHash('sha256').update(canonicalActions(decision)).digest('hex');
  return { ...decision, hash, byId: new Map(backups.map((backup) => [backup.backupId, backup])) };
}

function rulesOf({ name, retention }: RetainedPlan): RetentionRules {
  if (retention !== undefined) return retention.rules;
  throw new HoldfastError('bad-usage', `The plan ${name} keeps its backups for ever.`, {
    hint: `Give it a retention in the policy to change that.`,
  });
}

/** Weekly and longer; dailies where the policy has a place for them. */
function promotedTiers({ retention }: RetainedPlan): Tier[] {
  const daily: Tier[] = retention?.storage.daily === undefined ? [] : ['daily'];
  return [...daily, 'weekly', 'monthly', 'yearly'];
}

function archivesOf({ retention }: RetainedPlan): Partial<Record<Tier, string>> {
  return Object.fromEntries(
    Object.entries(retention?.storage ?? {}).flatMap(([tier, { repository }]) =>
      repository === undefined ? [] : [[tier, repository.name]],
    ),
  );
}

/**
 * The decision that is to be carried out.
 *
 * @throws HoldfastError `mismatch` when this worker decides otherwise: it runs another version
 */
export function decisionToCarryOut(input: DeedInput): Decision {
  const decision = decideOn(input);
  if (decision.hash === input.hash) return decision;
  throw new HoldfastError(
    'mismatch',
    `The worker of zone ${input.repository.zone} decides otherwise than the one of ${input.plan.source.zone}.`,
    { hint: 'Run the same version of Holdfast in every zone.' },
  );
}

/** Decides, and sums up what would be done. */
export async function weighRetention(_work: Work, input: WeighInput): Promise<Weighed> {
  const decision = decideOn(input);
  const { hash, counts, freed, backups } = decision;
  return {
    hash,
    counts,
    freed,
    work: workOf(decision, unpackSurvey(input.survey).repositories),
    shorter: shorterThan(input, decision),
    promotions: backups
      .flatMap(({ backupId, promotions }) => promotions.map(({ tier, until }) => ({ backupId, tier, until })))
      .slice(-most.promotions),
    expiries: backups
      .filter(({ remove }) => remove.length > 0)
      .slice(-most.expiries)
      .map(({ backupId, reasons }) => ({ backupId, sentence: reasons.join(' ') })),
    violations: backups
      .flatMap(({ backupId, violation }) => (violation === undefined ? [] : [{ backupId, ...violation }]))
      .slice(-most.violations),
  };
}

function workOf({ backups, byId }: Decision, repositories: readonly string[]): Weighed['work'] {
  const names = new Set([
    ...repositories,
    ...backups.flatMap(({ promotions }) => promotions.flatMap((each) => each.repositories)),
  ]);
  const work = new Map(
    [...names].map((repository) => [repository, { repository, promotions: 0, removals: 0, copies: 0 }]),
  );
  for (const { backupId, promotions, remove } of backups) {
    for (const name of new Set(promotions.flatMap((each) => each.repositories))) {
      const entry = work.get(name);
      if (entry !== undefined) entry.promotions += 1;
    }
    for (const { repository, deleting } of byId.get(backupId)?.copies ?? []) {
      const entry = work.get(repository);
      if (entry === undefined) continue;
      if (!deleting) entry.copies += 1;
      if (remove.includes(repository)) entry.removals += 1;
    }
  }
  return [...work.values()];
}

/** What goes although the rules of the last run, or keeping everything, would keep it. */
function shorterThan(input: WeighInput, { backups }: Decision): Weighed['shorter'] {
  const going = backups.filter(({ remove }) => remove.length > 0);
  if (going.length === 0) return { backups: 0, first: [] };
  const former =
    input.former === null
      ? []
      : decideOn(input, input.former).backups.filter(({ remove }) => remove.length > 0);
  const gone = new Set(former.map(({ backupId }) => backupId));
  const more = going.flatMap(({ backupId }) => (gone.has(backupId) ? [] : [backupId]));
  return { backups: more.length, first: more.slice(0, most.shorter) };
}
