import { oddBackups } from '../../../checks/sizes.ts';
import type { PlanRuns } from '../../../workflows/contract-checks.ts';
import type { PlanCopies, RepositorySurvey } from '../../../workflows/contract-survey.ts';
import { checksRule } from '../../support/plans.ts';
import { ago, type Fleet, idAt } from './fleet.ts';

/** One thing that goes wrong in a fleet, for one plan where it is of plans, and all that must be found then. */
export type Fault = {
  name: string;
  break(fleet: Fleet, plan: string): void;
  finds(plan: string): string[];
};

const surveys = ({ zones }: Fleet): RepositorySurvey[] =>
  [...zones.values()].flatMap(({ facts }) => facts.repositories);

function changeCopies(fleet: Fleet, plan: string, change: (copies: PlanCopies) => void): void {
  for (const survey of surveys(fleet))
    for (const copies of survey.plans) if (copies.plan === plan) change(copies);
  for (const { facts } of fleet.zones.values())
    facts.odd = facts.repositories.flatMap((survey) => oddBackups(survey, checksRule.health));
}

function changeRuns(fleet: Fleet, plan: string, change: Partial<PlanRuns>): void {
  fleet.temporal.plans = fleet.temporal.plans.map((runs) =>
    runs.plan === plan ? { ...runs, ...change } : runs,
  );
}

function changeInput(fleet: Fleet, plan: string, change: object): void {
  fleet.input.plans = fleet.input.plans.map((each) => (each.plan === plan ? { ...each, ...change } : each));
}

const history = (newest: number, rest: number): number[] => [newest, ...Array(14).fill(rest)];
const long = 400 * 24;

export const faults: readonly Fault[] = [
  {
    name: 'the newest copies are older than the tier allows',
    break: (fleet, plan) => {
      changeInput(fleet, plan, { rpo: 10 * 3600 });
    },
    finds: (plan) => [`rpo-exceeded ${plan}`],
  },
  {
    name: 'there is no backup at all',
    break: (fleet, plan) =>
      changeCopies(fleet, plan, (copies) =>
        Object.assign(copies, {
          newest: null,
          oldest: null,
          sizes: [],
          ratios: [],
          proven: null,
          tested: null,
        }),
      ),
    finds: (plan) => [`no-backup ${plan}`],
  },
  {
    name: 'the newest backup is small',
    break: (fleet, plan) =>
      changeCopies(fleet, plan, (copies) => Object.assign(copies, { sizes: history(100, 1000) })),
    finds: (plan) => [`size-changed ${plan}`],
  },
  {
    name: 'the newest backup is large',
    break: (fleet, plan) =>
      changeCopies(fleet, plan, (copies) => Object.assign(copies, { sizes: history(2 ** 30, 2 ** 28) })),
    finds: (plan) => [`size-changed ${plan}`],
  },
  {
    name: 'the newest backup does not compress any more',
    break: (fleet, plan) =>
      changeCopies(fleet, plan, (copies) => Object.assign(copies, { ratios: history(1, 4) })),
    finds: (plan) => [`compression-fell ${plan}`],
  },
  {
    name: 'a repository is nearly full',
    break: (fleet) => {
      for (const survey of surveys(fleet))
        if (survey.repository === 'local') Object.assign(survey, { free: 15, size: 100 });
    },
    finds: () => ['storage-full local'],
  },
  {
    name: 'a repository can not be read',
    break: (fleet) => {
      for (const survey of surveys(fleet))
        if (survey.repository === 'offsite')
          Object.assign(survey, { unreadable: 'It does not answer.', plans: [], free: null, size: null });
    },
    finds: () => ['repository-unreachable offsite'],
  },
  {
    name: 'a zone has no worker',
    break: (fleet) => {
      const zone = fleet.zones.get('ams');
      if (zone !== undefined) zone.silent = 'Nobody took the work.';
      fleet.temporal.silentZones = ['ams'];
    },
    finds: () => ['no-worker ams'],
  },
  {
    name: 'a worker is full of work',
    break: (fleet) => {
      const zone = fleet.zones.get('fra');
      if (zone !== undefined) zone.silent = 'Nobody took the work.';
    },
    finds: () => ['check-impossible fra'],
  },
  {
    name: 'a key is about to expire',
    break: (fleet) => changeKey(fleet, { expires: ago(-20 * 24).toISOString() }),
    finds: () => ['key-expires databases'],
  },
  {
    name: 'a key has expired',
    break: (fleet) => changeKey(fleet, { state: 'unusable', sentence: 'It expired yesterday.' }),
    finds: () => ['key-unusable databases'],
  },
  {
    name: 'a key could not be looked at',
    break: (fleet) => changeKey(fleet, { state: 'unknown', sentence: 'gpg hangs.' }),
    finds: () => ['check-impossible databases'],
  },
  {
    name: 'a backup that was due never started',
    break: (fleet, plan) => {
      changeRuns(fleet, plan, { last: { workflowId: 'x', at: ago(34).toISOString(), result: 'passed' } });
      changeCopies(fleet, plan, (copies) => Object.assign(copies, { newest: idAt(ago(35)) }));
      changeInput(fleet, plan, { rpo: null });
    },
    finds: (plan) => [`never-started ${plan}`],
  },
  {
    name: 'a backup that was due never started, and Temporal remembers no run',
    break: (fleet, plan) => {
      changeRuns(fleet, plan, { last: null });
      changeCopies(fleet, plan, (copies) => Object.assign(copies, { newest: idAt(ago(35)) }));
      changeInput(fleet, plan, { rpo: null });
    },
    finds: (plan) => [`never-started ${plan}`],
  },
  {
    name: 'Temporal has forgotten the run that made the newest copies, which is nothing',
    break: (fleet, plan) => changeRuns(fleet, plan, { last: null }),
    finds: () => [],
  },
  {
    name: 'a plan has no Schedule',
    break: (fleet, plan) => changeRuns(fleet, plan, { applied: false, changedAt: null, next: null }),
    finds: (plan) => [`schedule-drifted ${plan}`],
  },
  {
    name: 'somebody paused a Schedule, and its runs stopped',
    break: (fleet, plan) => changeRuns(fleet, plan, { paused: true, next: null, last: null }),
    finds: (plan) => [`schedule-paused ${plan}`],
  },
  {
    name: 'somebody changed a Schedule',
    break: (fleet, plan) => changeRuns(fleet, plan, { drifted: true }),
    finds: (plan) => [`schedule-drifted ${plan}`],
  },
  {
    name: 'the Schedule of retention is paused',
    break: ({ temporal }, plan) => {
      temporal.stopped = [{ id: `retention/${plan}`, how: 'paused' }];
    },
    finds: (plan) => [`schedule-paused retention/${plan}`],
  },
  {
    name: 'the check on copies has no Schedule',
    break: ({ temporal }) => {
      temporal.stopped = [{ id: 'copies', how: 'missing' }];
    },
    finds: () => ['schedule-drifted copies'],
  },
  {
    name: 'a backup takes longer than it may',
    break: (fleet, plan) =>
      changeRuns(fleet, plan, { running: { workflowId: 'x', since: ago(3).toISOString() } }),
    finds: (plan) => [`backup-overdue ${plan}`],
  },
  {
    name: 'the last backup failed',
    break: (fleet, plan) =>
      changeRuns(fleet, plan, {
        last: { workflowId: 'x', at: ago(10).toISOString(), result: 'timed out' },
      }),
    finds: (plan) => [`backup-failed ${plan}`],
  },
  {
    name: 'nothing was restored for long',
    break: (fleet, plan) => {
      changeInput(fleet, plan, { testInterval: 7 * 86_400 - 2 * 86_400 });
    },
    finds: (plan) => [`test-overdue ${plan}`],
  },
  {
    name: 'nothing was ever restored',
    break: (fleet, plan) => {
      changeInput(fleet, plan, { testInterval: 31 * 86_400 });
      changeCopies(fleet, plan, (copies) =>
        Object.assign(copies, { proven: null, tested: null, oldest: idAt(ago(long)) }),
      );
    },
    finds: (plan) => [`test-overdue ${plan}`],
  },
  {
    name: 'a restore test failed',
    break: (fleet, plan) =>
      changeCopies(fleet, plan, (copies) => {
        copies.tested = { backupId: idAt(ago(35)), at: ago(5).toISOString(), result: 'failed' };
      }),
    finds: (plan) => [`test-failed ${plan}`],
  },
  {
    name: 'an air-gapped repository was not filled for long',
    break: (fleet, plan) => {
      changeInput(fleet, plan, { airgapped: ['safe'] });
      for (const { facts } of fleet.zones.values())
        facts.fillings = [{ repository: 'safe', at: ago(10 * 24).toISOString(), unreadable: null }];
    },
    finds: () => ['airgap-overdue safe'],
  },
  {
    name: 'storage costs more than its budget',
    break: ({ input }) => {
      input.prices = { ...input.prices, table: [{ of: 'local', perGiB: 1e12 }], budget: 10 };
    },
    finds: () => ['over-budget storage'],
  },
  {
    name: 'Temporal does not tell of a plan',
    break: (fleet, plan) => {
      fleet.temporal.plans = fleet.temporal.plans.filter((runs) => runs.plan !== plan);
    },
    finds: (plan) => [`check-impossible ${plan}`],
  },
];

function changeKey(fleet: Fleet, change: object): void {
  for (const { facts } of fleet.zones.values()) facts.keys = facts.keys.map((key) => ({ ...key, ...change }));
}
