import fc from 'fast-check';
import type { Known } from '../../../checks/health.ts';
import { oddBackups } from '../../../checks/sizes.ts';
import type { ResolvedRepository } from '../../../policy/resolved.ts';
import type {
  CheckedPlan,
  ChecksInput,
  KeyFact,
  PlanRuns,
  TemporalFacts,
  ZoneFacts,
} from '../../../workflows/contract-checks.ts';
import type { PlanCopies, RepositorySurvey } from '../../../workflows/contract-survey.ts';
import { checksRule } from '../../support/plans.ts';
import { bucketNamed, directoryAt } from '../../support/repositories.ts';

/** Noon in winter: the backup of 02:00 in Amsterdam is eleven hours old. */
export const now = new Date('2026-11-21T12:00:00Z');
const hour = 3_600_000;

/** A fleet and all that is known of it. Everything in it may be changed by a test. */
export type Fleet = {
  input: ChecksInput;
  zones: Map<string, { facts: ZoneFacts; silent: string | null }>;
  temporal: TemporalFacts;
};

/** What `weighHealth` takes of a fleet. */
export const factsOf = ({ zones, temporal }: Fleet): { zones: Known[]; temporal: TemporalFacts } => ({
  temporal,
  zones: [...zones].map(([zone, { facts, silent }]) =>
    silent === null ? { zone, facts, silent } : { zone, facts: null, silent },
  ),
});

export const idAt = (at: Date): string =>
  `${at.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z-1a2b3c4d`;
export const ago = (hours: number): Date => new Date(now.getTime() - hours * hour);

export const safe: ResolvedRepository = directoryAt('/mnt/safe', {
  name: 'safe',
  manual: {
    schedule: { cron: '0 10 * * 6', jitter: 0, catchup: 3600, deadline: 7200, paused: false },
    role: 'operator',
    remind: 14_400,
    patience: 86_400,
  },
});

/** What varies between fleets that are all well. */
type Luck = {
  plans: {
    rpo: number | null;
    tested: boolean;
    airgapped: boolean;
    size: number;
    spread: number[];
    count: number;
  }[];
  free: number;
};

const luck: fc.Arbitrary<Luck> = fc.record({
  plans: fc.array(
    fc.record({
      rpo: fc.constantFrom(null, 86_400, 12 * 3600),
      tested: fc.boolean(),
      airgapped: fc.boolean(),
      size: fc.integer({ min: 1, max: 2 ** 40 }),
      spread: fc.array(fc.double({ min: 0.85, max: 1.15, noNaN: true }), { minLength: 15, maxLength: 15 }),
      count: fc.integer({ min: 1, max: 400 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
  free: fc.double({ min: 0.25, max: 1, noNaN: true }),
});

/** Fleets with arbitrary good histories. */
export const goodFleets: fc.Arbitrary<Fleet> = luck.map(fleetOf);

/** One plan of each kind that matters to the checks. */
export const oneFleet = (): Fleet =>
  fleetOf({
    plans: [
      { rpo: 86_400, tested: true, airgapped: true, size: 2 ** 30, spread: Array(15).fill(1), count: 60 },
      { rpo: null, tested: false, airgapped: false, size: 2 ** 30, spread: Array(15).fill(1), count: 60 },
    ],
    free: 0.5,
  });

function fleetOf({ plans, free }: Luck): Fleet {
  const repositories = [directoryAt('/backups'), bucketNamed('copies'), safe];
  const checked = plans.map(({ rpo, tested, airgapped }, index): CheckedPlan => {
    const plan = `plan-${index}`;
    return {
      plan,
      source: `source-${index}`,
      zone: 'fra',
      site: 'de-fra1',
      key: 'databases',
      cron: '0 2 * * *',
      late: 900,
      deadline: 7200,
      paused: false,
      rpo,
      copies: ['local', 'offsite'],
      airgapped: airgapped ? ['safe'] : [],
      testInterval: tested ? 31 * 86_400 : null,
      shared: false,
    };
  });
  const surveyOf = (repository: string): RepositorySurvey => ({
    repository,
    unreadable: null,
    plans: checked.map((plan, index) => copiesOf(plan, plans[index])),
    free: repository === 'local' ? Math.ceil(free * 2 ** 40) : null,
    size: repository === 'local' ? 2 ** 40 : null,
    requests: 1,
  });
  const zone = (name: string, surveys: RepositorySurvey[], keys: KeyFact[]): ZoneFacts => ({
    zone: name,
    repositories: surveys,
    odd: surveys.flatMap((survey) => oddBackups(survey, checksRule.health)),
    keys,
    fillings: [{ repository: 'safe', at: ago(3 * 24).toISOString(), unreadable: null }],
  });
  const key: KeyFact = { key: 'databases', state: 'usable', expires: null, sentence: '' };
  return {
    input: {
      organization: 'Example BV',
      policyHash: '0'.repeat(64),
      timezone: 'Europe/Amsterdam',
      checks: checksRule,
      zones: {},
      repositories,
      plans: checked,
      keys: [],
      signers: [],
      signingKeys: {},
      prices: { currency: 'EUR', asOf: '2026-11-01', table: [], budget: null },
      notifications: { channels: [], routes: [] },
    },
    zones: new Map([
      ['fra', { facts: zone('fra', [surveyOf('local')], [key]), silent: null }],
      ['ams', { facts: zone('ams', [surveyOf('offsite')], []), silent: null }],
    ]),
    temporal: { plans: checked.map(({ plan }) => runsOf(plan)), silentZones: [], stopped: [] },
  };
}

function copiesOf({ plan, source }: CheckedPlan, of: Luck['plans'][number] | undefined): PlanCopies {
  const { size = 1, spread = [], count = 1 } = of ?? {};
  const newest = ago(11);
  const few = spread.slice(0, count);
  const test = { backupId: idAt(ago(10 * 24)), at: ago(9 * 24).toISOString() };
  return {
    plan,
    source,
    count,
    bytes: size * count,
    newest: idAt(newest),
    oldest: idAt(ago(11 + 24 * (count - 1))),
    sizes: few.map((factor) => Math.ceil(size * factor)),
    ratios: few.map((factor, index) => (index % 4 === 3 ? null : 4 * factor)),
    proven: test,
    tested: { ...test, result: 'passed' },
  };
}

function runsOf(plan: string): PlanRuns {
  return {
    plan,
    applied: true,
    changedAt: '2026-01-01T00:00:00Z',
    paused: false,
    drifted: false,
    missed: 0,
    running: null,
    last: { workflowId: `backup/${plan}`, at: ago(10.9).toISOString(), result: 'passed' },
    next: '2026-11-22T01:00:00Z',
  };
}
