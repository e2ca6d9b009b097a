import { HoldfastError } from '../../policy/errors.ts';
import type { KubernetesDeed, StepOf } from '../../policy/resolved-failover.ts';
import type { Fact, StepRun } from '../../workflows/contract-failover-steps.ts';
import type { Work } from '../work.ts';
import { clusterOf, findingIn, isDry, judge, rehearsed } from './kubectl-dry.ts';
import { argsOfDeed, type Cluster, isAllowed, kubectl } from './kubectl-run.ts';
import { looked, nothingToUndo, notUndoable, reported } from './said.ts';
import type { StepWork } from './step-work.ts';

type KubectlStep = StepOf<'kubectl'>;
type Scale = Extract<KubernetesDeed, { verb: 'scale' }>;
type Rollout = Extract<KubernetesDeed, { verb: 'rollout' }>;

/** Seconds for what only asks. */
const shortly = 60;
const replicasBefore = 'replicas before';
const replicasNow = 'replicas now';

/**
 * Applies, scales or waits for a rollout by the user's own kubectl. All three bear repetition. In a drill without a cluster
 * of its own, and at a look, the server judges the deed by a dry run and does nothing.
 */
export const kubernetes: StepWork<'kubectl'> = {
  look(step, run, work) {
    return looked(step, work, async () => {
      const cluster = clusterOf(step, run);
      if (step.deed.verb === 'rollout') await demandWatching(step.deed, cluster, work);
      const { judged, makes } = await judge(step, run, cluster, work);
      const isThere = judged.kind === 'would';
      const facts = isThere && step.deed.verb === 'scale' ? [await replicasOf(step.deed, cluster, work)] : [];
      const findings = [findingIn(step, cluster, judged)];
      return { findings, facts, makes: makes.map(({ key }) => key) };
    });
  },

  async carryOut(step, run, work) {
    const cluster = clusterOf(step, run);
    if (isDry(step, run)) return rehearsed(step, run, cluster, work);
    const before = step.deed.verb === 'scale' ? await replicasOf(step.deed, cluster, work) : null;
    const args = argsOfDeed(step.deed, { rehearse: false, timeout: step.timeout });
    const output = await kubectl(cluster, args, { seconds: step.timeout, work });
    return reported(`kubectl ${step.deed.verb} is done.`, {
      output,
      results: before === null ? [] : [rememberedIn(run, step) ?? { ...before, name: replicasBefore }],
    });
  },

  async check(step, run, work) {
    if (isDry(step, run) || step.deed.verb !== 'scale')
      return reported('What kubectl answered was the check.');
    const now = await replicasOf(step.deed, clusterOf(step, run), work);
    if (now.number !== step.deed.replicas)
      throw new HoldfastError(
        'mismatch',
        `${step.deed.resource} is scaled to ${now.value} and not to ${step.deed.replicas}.`,
        {
          hint: 'Something else scales it, an autoscaler perhaps. Retry the step once that is out of the way.',
        },
      );
    return reported(`${step.deed.resource} is scaled to ${now.value}.`);
  },

  async undo(step, run, work) {
    const { deed } = step;
    if (isDry(step, run) || deed.verb === 'rollout') return nothingToUndo('Nothing was changed.');
    if (deed.verb === 'apply')
      return notUndoable('What was applied stays: apply what is to be there instead.');
    const before = rememberedIn(run, step);
    if (before?.number === undefined)
      return notUndoable(`How far ${deed.resource} was scaled before is not known.`);
    const cluster = clusterOf(step, run);
    const now = await replicasOf(deed, cluster, work);
    if (now.number !== deed.replicas && now.number !== before.number)
      return notUndoable(`${deed.resource} was scaled to ${now.value} by somebody else, and stays so.`);
    const back = argsOfDeed({ ...deed, replicas: before.number }, { rehearse: false, timeout: step.timeout });
    await kubectl(cluster, back, { seconds: shortly, work });
    return { outcome: 'undone', sentence: `${deed.resource} is scaled to ${before.value} again.` };
  },
};

async function replicasOf({ resource, namespace }: Scale, cluster: Cluster, work: Work): Promise<Fact> {
  // On a line of its own: the server may warn of something.
  const args = ['get', resource, '-n', namespace, '-o', 'jsonpath={"\\n"}{.spec.replicas}{"\\n"}'];
  const said = await kubectl(cluster, args, { seconds: shortly, work });
  const [value] = /^\d+$/m.exec(said) ?? [];
  if (value === undefined)
    throw new HoldfastError('not-found', `${resource} does not say how many replicas it has.`, {
      hint: 'Name a workload that can be scaled.',
    });
  return { name: replicasNow, value, number: Number(value), unit: 'count' };
}

/** kubectl that may not watch tries for as long as it may, and says nothing. */
async function demandWatching({ resource, namespace }: Rollout, cluster: Cluster, work: Work): Promise<void> {
  for (const verb of ['list', 'watch'])
    if (!(await isAllowed(cluster, { verb, resource, namespace }, { seconds: shortly, work })))
      throw new HoldfastError('access-denied', `Its user may not ${verb} ${resource} in ${namespace}.`, {
        hint: 'Give it that right: docs/rbac/failover.yaml has what each deed needs.',
      });
}

/** How far it was scaled before this run: in its result, else in the look right before. */
function rememberedIn({ results }: StepRun, step: KubectlStep): Fact | null {
  const known = results[step.id] ?? [];
  const before = known.find(({ name }) => name === replicasBefore);
  if (before !== undefined) return before;
  const seen = known.find(({ name }) => name === replicasNow);
  return seen === undefined ? null : { ...seen, name: replicasBefore };
}
