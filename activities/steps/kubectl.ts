import { HoldfastError } from '../../policy/errors.ts';
import type { KubernetesDeed, StepOf } from '../../policy/resolved-failover.ts';
import type { Fact, PreflightFinding, StepRun } from '../../workflows/contract-failover-steps.ts';
import type { Work } from '../work.ts';
import { argsOfDeed, type Cluster, isAllowed, kubectl, lackedFor, objectsOf } from './kubectl-run.ts';
import { type Missing, objectNamed } from './kubectl-said.ts';
import { looked, nothingToUndo, notUndoable, reported } from './said.ts';
import { findingOf, simulated } from './sayings.ts';
import type { StepWork } from './step-work.ts';
import { objectIn } from './things.ts';

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
      const made = { makes: await makesOf(step, run, work) };
      const lacked = await lackedFor(cluster, rehearsal(step), { seconds: shortly, work });
      if (lacked !== null) return { ...made, findings: [lackingOf(step, cluster, lacked)] };
      const facts = step.deed.verb === 'scale' ? [await replicasOf(step.deed, cluster, work)] : [];
      const sentence = `The cluster${cluster.context === undefined ? '' : ` of context ${cluster.context}`} would do it.`;
      return { ...made, findings: [findingOf(step, 'ok', sentence)], facts };
    });
  },

  async carryOut(step, run, work) {
    const cluster = clusterOf(step, run);
    if (isDry(step, run)) {
      const output = await rehearsed(step, cluster, work);
      return { ...simulated('the cluster would do it, by a dry run; nothing was changed.'), output };
    }
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

/** A drill's own cluster, where the step names one. */
export function clusterOf({ context, kubeconfig, drill }: KubectlStep, { mode }: StepRun): Cluster {
  const chosen = mode === 'real' ? context : (drill?.context ?? context);
  return {
    ...(chosen === undefined ? {} : { context: chosen }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  };
}

const isDry = ({ drill }: KubectlStep, { mode }: StepRun): boolean => mode !== 'real' && drill === undefined;

const rehearsal = ({ deed }: KubectlStep): string[] => argsOfDeed(deed, { rehearse: true, timeout: shortly });

const rehearsed = (step: KubectlStep, cluster: Cluster, work: Work): Promise<string> =>
  kubectl(cluster, rehearsal(step), { seconds: shortly, work });

/** What is there once it is done; a dry run leaves nothing. */
async function makesOf(step: KubectlStep, run: StepRun, work: Work): Promise<string[]> {
  const { deed } = step;
  if (run.ahead !== true || deed.verb !== 'apply' || isDry(step, run)) return [];
  const cluster = clusterOf(step, run);
  try {
    const objects = await objectsOf(cluster, deed, { seconds: shortly, work });
    return objects.map((object) => objectIn(cluster, step, object).key);
  } catch (error) {
    if (work.signal.aborted) throw error;
    // Whatever is wrong, the server's own word tells it.
    return [];
  }
}

/** The fault of a deed, with what it lacks: of an `apply` namespaces alone, since of all else its namespace is not told. */
function lackingOf(
  step: KubectlStep,
  cluster: Cluster,
  { missing, fault }: { missing: Missing[]; fault: HoldfastError },
): PreflightFinding {
  const { deed } = step;
  const finding = findingOf(step, 'fault', fault.sentence);
  const spaces = missing.filter(({ resource }) => resource === 'namespaces');
  const others = missing.filter(({ resource }) => resource !== 'namespaces');
  if (deed.verb === 'apply' && others.length > 0) return finding;
  // Where there is no namespace yet, the server says nothing of what is to be in it.
  const inside = deed.verb === 'apply' ? [] : [others[0] ?? objectNamed(deed.resource)];
  const namespace = deed.verb === 'apply' ? '' : deed.namespace;
  const lacks = [
    ...spaces.map((space) => objectIn(cluster, step, { ...space, namespace: '' })),
    ...inside.map((object) => objectIn(cluster, step, { ...object, namespace })),
  ];
  return { ...finding, lacks: [...new Map(lacks.map((thing) => [thing.key, thing])).values()] };
}

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
