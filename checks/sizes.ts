import type { HealthThresholds } from '../policy/resolved-proof.ts';
import { formatBytes } from '../policy/units.ts';
import type { OddBackup } from '../workflows/contract-checks.ts';
import type { PlanCopies, RepositorySurvey } from '../workflows/contract-survey.ts';

/** So many backups before it say what a plan's backups are usually like; with fewer nothing is odd. */
export const enoughHistory = 5;

/** A database of a few rows doubles with the next few: growth below this many bytes is nothing. */
const growthFloor = 2 ** 20;

type Limits = Pick<HealthThresholds, 'sizeChange' | 'compressionFall'>;

/** The newest backups that are unlike those before them, by size and by how well they compress. */
export function oddBackups({ repository, plans }: RepositorySurvey, limits: Limits): OddBackup[] {
  return plans.flatMap((copies) =>
    [oddSize(copies, limits.sizeChange), oddRatio(copies, limits.compressionFall)].flatMap((odd) =>
      odd === null || copies.newest === null
        ? []
        : [{ plan: copies.plan, repository, backupId: copies.newest, ...odd }],
    ),
  );
}

type Odd = Pick<OddBackup, 'kind' | 'sentence'>;

function oddSize({ sizes = [], newest, plan }: PlanCopies, most: number): Odd | null {
  const [size, ...before] = sizes;
  if (size === undefined || before.length < enoughHistory) return null;
  const usual = median(before);
  const change = usual === 0 ? 0 : (size - usual) / usual;
  if (Math.abs(change) <= most || (change > 0 && size - usual < growthFloor)) return null;
  const percent = Math.round(Math.abs(change) * 100);
  const than = `${percent} % ${change > 0 ? 'more' : 'less'} than the median of the ${before.length} before (${formatBytes(usual)})`;
  return {
    kind: 'size-changed',
    sentence: `The newest backup of ${plan}, ${newest}, has ${formatBytes(size)}: ${than}. Find out what became of the data.`,
  };
}

function oddRatio({ ratios = [], newest, plan }: PlanCopies, most: number): Odd | null {
  const [ratio, ...before] = ratios;
  const known = before.filter((each) => each !== null);
  if (ratio === undefined || ratio === null || known.length < enoughHistory) return null;
  const usual = median(known);
  if (ratio >= usual * (1 - most)) return null;
  return {
    kind: 'compression-fell',
    sentence: `The newest backup of ${plan}, ${newest}, compresses ${ratio.toFixed(1)} to 1, and those before it ${usual.toFixed(1)} to 1. Data that was encrypted by somebody else looks like that: look at the database before older backups expire.`,
  };
}

/** The middle of at least one number. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const [low = 0, high = low] = sorted.slice(
    Math.floor((sorted.length - 1) / 2),
    Math.floor(sorted.length / 2) + 1,
  );
  return (low + high) / 2;
}
