/** What a cluster says of a deed by a dry run, which changes nothing. */
import type { HoldfastError } from '../../policy/errors.ts';
import type { StepOf } from '../../policy/resolved-failover.ts';
import type {
  PreflightFinding,
  StepReport,
  StepRun,
  Thing,
} from '../../workflows/contract-failover-steps.ts';
import type { Work } from '../work.ts';
import { argsOfDeed, type Cluster, objectsOf, tried } from './kubectl-run.ts';
import { type Missing, objectNamed } from './kubectl-said.ts';
import { factsNamed } from './said.ts';
import { findingOf, simulated } from './sayings.ts';
import { objectIn } from './things.ts';

type KubectlStep = StepOf<'kubectl'>;

/** Seconds for what only asks. */
const shortly = 60;

/** What a drill without a cluster of its own would have applied, told to the steps after it. */
const wouldApply = 'would apply';
const mostTold = 100;

export type Judged =
  | { kind: 'would'; output: string }
  /** All that it lacks is there in its turn: it makes that itself, or an earlier step of the drill only said that it would. */
  | { kind: 'not-yet'; sentence: string }
  | { kind: 'lacks'; fault: HoldfastError; lacks: Thing[] };

/** A drill's own cluster, where the step names one. */
export function clusterOf({ context, kubeconfig, drill }: KubectlStep, { mode }: StepRun): Cluster {
  const chosen = mode === 'real' ? context : (drill?.context ?? context);
  return {
    ...(chosen === undefined ? {} : { context: chosen }),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
  };
}

export const isDry = ({ drill }: KubectlStep, { mode }: StepRun): boolean =>
  mode !== 'real' && drill === undefined;

/**
 * Has the server judge a deed; and what an `apply` makes, where somebody has to know that.
 *
 * @throws HoldfastError for any fault but something that is not there
 */
export async function judge(
  step: KubectlStep,
  run: StepRun,
  cluster: Cluster,
  work: Work,
): Promise<{ judged: Judged; makes: Thing[] }> {
  const args = argsOfDeed(step.deed, { rehearse: true, timeout: shortly });
  const answer = await tried(cluster, args, { seconds: shortly, work });
  const isAsked = 'fault' in answer || run.ahead === true || isDry(step, run);
  const makes = isAsked ? await makesOf(step, cluster, work) : [];
  if (!('fault' in answer)) return { judged: { kind: 'would', ...answer }, makes };
  const lacks = lackedBy(step, cluster, answer.missing);
  if (lacks.length === 0) throw answer.fault;
  const own = new Set(makes.map(({ key }) => key));
  const said = new Set(factsNamed(run.results, wouldApply).map(({ value }) => value));
  const isToCome = ({ key }: Thing) => own.has(key) || said.has(key);
  if (!lacks.every(isToCome)) return { judged: { kind: 'lacks', fault: answer.fault, lacks }, makes };
  const sentences = lacks.map(({ name, key }) =>
    own.has(key)
      ? `${name} is not there yet: the step itself makes it.`
      : `${name} is not there: an earlier step of the drill only said that it would apply it.`,
  );
  return { judged: { kind: 'not-yet', sentence: sentences.join(' ') }, makes };
}

export function findingIn(step: KubectlStep, { context }: Cluster, judged: Judged): PreflightFinding {
  switch (judged.kind) {
    case 'would':
      return findingOf(
        step,
        'ok',
        `The cluster${context === undefined ? '' : ` of context ${context}`} would do it.`,
      );
    case 'not-yet':
      return findingOf(step, 'not-checked', judged.sentence);
    case 'lacks':
      return { ...findingOf(step, 'fault', judged.fault.sentence), lacks: judged.lacks };
  }
}

/** The deed of a drill without a cluster of its own. @throws HoldfastError where it would not be done */
export async function rehearsed(
  step: KubectlStep,
  run: StepRun,
  cluster: Cluster,
  work: Work,
): Promise<StepReport> {
  const { judged, makes } = await judge(step, run, cluster, work);
  if (judged.kind === 'lacks') throw judged.fault;
  const results = makes.slice(0, mostTold).map(({ key }) => ({ name: wouldApply, value: key }));
  return judged.kind === 'would'
    ? {
        ...simulated('the cluster would do it, by a dry run; nothing was changed.'),
        ...{ results, output: judged.output },
      }
    : { ...simulated(judged.sentence), results };
}

async function makesOf(step: KubectlStep, cluster: Cluster, work: Work): Promise<Thing[]> {
  const { deed } = step;
  if (deed.verb !== 'apply') return [];
  try {
    const objects = await objectsOf(cluster, deed, { seconds: shortly, work });
    return objects.map((object) => objectIn(cluster, step, object));
  } catch (error) {
    if (work.signal.aborted) throw error;
    // Whatever is wrong, the server's own word tells it.
    return [];
  }
}

/** What a deed lacks: of an `apply` namespaces alone, since of all else the server does not tell the namespace. */
function lackedBy({ deed, zone }: KubectlStep, cluster: Cluster, missing: readonly Missing[]): Thing[] {
  const spaces = missing.filter(({ resource }) => resource === 'namespaces');
  const others = missing.filter(({ resource }) => resource !== 'namespaces');
  const things = spaces.map((space) => objectIn(cluster, { zone }, { ...space, namespace: '' }));
  if (deed.verb === 'apply')
    return others.length > 0 ? [] : [...new Map(things.map((thing) => [thing.key, thing])).values()];
  if (missing.length === 0) return [];
  // Where there is no namespace yet, the server says nothing of what is to be in it.
  const inside = others[0] ?? objectNamed(deed.resource);
  return [...things, objectIn(cluster, { zone }, { ...inside, namespace: deed.namespace })];
}
