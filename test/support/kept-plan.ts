import type { ResolvedPlan } from '../../policy/resolved.ts';
import type { RetentionResult } from '../../workflows/contract-retention.ts';
import type { Stage } from './stage.ts';

/** Where a plan's copies go, and how long they are kept. */
export type Kept = {
  repositories: Record<string, unknown>;
  copies: string[];
  rules: Record<string, unknown>;
  /** Other sections of the policy. */
  more?: Record<string, unknown>;
};

/** Publishes a policy with a plan `kept` of a database `shop` that nobody dumps: its past is made with `makePast`. */
export async function applyKept(
  stage: Stage,
  { repositories, copies, rules, more }: Kept,
): Promise<ResolvedPlan> {
  const { plans } = await stage.apply({
    repositories,
    retention: { rules },
    sources: { shop: { kind: 'postgres', zone: 'fra', host: 'localhost', database: 'shop', user: 'backup' } },
    plans: {
      kept: { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies, retention: 'rules' },
    },
    ...more,
  });
  if (plans.kept === undefined) throw new Error('the plan is gone');
  return plans.kept;
}

/** Previews retention, and does what was previewed. */
export async function previewAndRun(
  stage: Stage,
  plan: ResolvedPlan,
): Promise<{ preview: RetentionResult; done: RetentionResult }> {
  const preview = await stage.execute('retention', { plan, mode: 'preview' });
  const done = await stage.execute('retention', { plan, mode: 'run', expect: preview.hash, by: 'dba-1' });
  return { preview, done };
}
