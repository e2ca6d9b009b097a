import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HoldfastError } from '../../policy/errors.ts';
import type { KubernetesDeed, StepOf } from '../../policy/resolved-failover.ts';
import { runForTail, tiedToUs, toolMissing } from '../../process/index.ts';
import type { Work } from '../work.ts';
import { cleaned, type Ended, faultOf, type Missing, missingIn, secretsIn } from './kubectl-said.ts';
import type { ClusterObject } from './things.ts';

export type Cluster = Pick<StepOf<'kubectl'>, 'kubeconfig'> & {
  /** Absent: the kubeconfig's current one. */
  context?: string;
};

type How = {
  /** After which it is ended. */
  seconds: number;
  work: Work;
};

/** Seconds for one request; a cluster that is gone must not be waited for. */
const patience = 20;
/** Seconds in which kubectl itself can say what it waited for in vain. */
const grace = 10;

/** What is held of its output while it runs, and what is told of it. */
const held = 64 * 1024;
const told = 4096;

/** The arguments of a deed; `rehearse` makes the server judge it and do nothing, `timeout` is in seconds. */
export function argsOfDeed(
  deed: KubernetesDeed,
  { rehearse, timeout }: { rehearse: boolean; timeout: number },
): string[] {
  const dry = rehearse ? ['--dry-run=server'] : [];
  switch (deed.verb) {
    case 'apply':
      return ['apply', ...manifestsOf(deed), ...dry];
    case 'scale':
      return ['scale', deed.resource, '-n', deed.namespace, `--replicas=${deed.replicas}`, ...dry];
    case 'rollout':
      return rehearse
        ? ['get', deed.resource, '-n', deed.namespace, '-o', 'name']
        : ['rollout', 'status', deed.resource, '-n', deed.namespace, '--watch', `--timeout=${timeout}s`];
  }
}

type Apply = Extract<KubernetesDeed, { verb: 'apply' }>;

const manifestsOf = (deed: Apply): string[] =>
  'kustomize' in deed ? ['-k', deed.kustomize] : ['-f', deed.file];

/** Several objects are printed as a list of them. Nothing of what is in them is printed. */
const each = '{{.apiVersion}}|{{.kind}}|{{with .metadata.namespace}}{{.}}{{end}}|{{.metadata.name}}{{"\\n"}}';
const listing = `{{define "each"}}${each}{{end}}{{if .items}}{{range .items}}{{template "each" .}}{{end}}{{else}}{{template "each" .}}{{end}}`;

/** A history must not hold a whole cluster. */
const mostObjects = 500;

/**
 * The objects that an `apply` makes and that other deeds may need: namespaces and workloads, as its manifests have them.
 *
 * @throws HoldfastError as `kubectl` does
 */
export async function objectsOf(cluster: Cluster, deed: Apply, how: How): Promise<ClusterObject[]> {
  // The server can't judge an object whose namespace is made by the same manifests.
  const args = ['apply', ...manifestsOf(deed), '--dry-run=client', '-o', `go-template=${listing}`];
  const ended = await runOn(cluster, args, how);
  if (ended.exitCode !== 0) throw faultOf(ended, cluster.context);
  return ended.output
    .split('\n')
    .flatMap((line) => objectOf(line.split('|')))
    .slice(0, mostObjects);
}

function objectOf([apiVersion = '', kind = '', namespace = '', name = '']: string[]): ClusterObject[] {
  const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';
  const isWanted = group === '' ? coreKinds.has(kind) : !group.endsWith('.k8s.io');
  if (!isWanted || name === '') return [];
  // How the server itself names all that can be scaled or rolled out.
  const resource = `${kind.toLowerCase()}s${group === '' ? '' : `.${group}`}`;
  return [{ resource, namespace, name }];
}

const coreKinds = new Set(['Namespace', 'ReplicationController']);

/**
 * Runs kubectl, and tells what the cluster did not find, where that is all that is wrong.
 *
 * @throws HoldfastError where it could not be run at all, `tool-missing` or what the secret's place says
 */
export async function tried(
  cluster: Cluster,
  args: readonly string[],
  how: How,
): Promise<{ output: string } | { fault: HoldfastError; missing: Missing[] }> {
  const ended = await runOn(cluster, args, how);
  if (ended.exitCode === 0) return { output: ended.output.slice(-told) };
  return {
    fault: faultOf(ended, cluster.context),
    missing: ended.expired ? [] : missingIn(ended.output),
  };
}

/**
 * Runs the user's own kubectl on a cluster and gives the end of what it printed, without what is secret in it.
 *
 * @throws HoldfastError `tool-missing`, `bad-policy`, `unreachable`, `authentication-failed`, `access-denied`, `refused`,
 *   `not-found`, `stalled` or `process-failed`, with what kubectl said
 */
export async function kubectl(cluster: Cluster, args: readonly string[], how: How): Promise<string> {
  const answer = await tried(cluster, args, how);
  if ('fault' in answer) throw answer.fault;
  return answer.output;
}

/**
 * Whether the cluster would let this user do something with a workload, as it says itself.
 *
 * @throws HoldfastError as `kubectl` does
 */
export async function isAllowed(
  cluster: Cluster,
  { verb, resource, namespace }: { verb: string; resource: string; namespace: string },
  how: How,
): Promise<boolean> {
  const ended = await runOn(cluster, ['auth', 'can-i', verb, resource, '-n', namespace], how);
  if (ended.exitCode === 0) return true;
  if (/^no( - .*)?$/m.test(ended.output)) return false;
  throw faultOf(ended, cluster.context);
}

async function runOn(
  { kubeconfig, context }: Cluster,
  args: readonly string[],
  { seconds, work }: How,
): Promise<Ended> {
  const config = kubeconfig === undefined ? null : await work.secret(kubeconfig);
  const file = join(work.directory, `kubeconfig-${randomUUID()}`);
  const where = [
    ...(config === null ? [] : ['--kubeconfig', file]),
    ...(context === undefined ? [] : ['--context', context]),
    '--cache-dir',
    join(work.directory, 'kubectl-cache'),
  ];
  // A rollout is one long request, and kubectl itself says what it waited for in vain.
  const isRollout = args[0] === 'rollout';
  const limit = isRollout ? [] : [`--request-timeout=${patience}s`];
  const env = config === null ? ownCluster() : {};
  try {
    if (config !== null) await writeFile(file, config, { mode: 0o600, flag: 'wx' });
    const ended = await runForTail(
      // A worker that is gone leaves none behind that goes on.
      await tiedToUs({ command: 'kubectl', args: [...where, ...args, ...limit], env }),
      { signal: work.signal, timeout: seconds + (isRollout ? grace : 0), keep: held },
    );
    if (ended.exitCode === 127) throw toolMissing('kubectl');
    return { ...ended, output: cleaned(ended, secretsIn(config ?? '')), seconds };
  } finally {
    if (config !== null) await rm(file, { force: true });
  }
}

/** By which kubectl finds the worker's own cluster: its kubeconfig, or that of the pod in which it runs. */
const own = ['KUBECONFIG', 'KUBERNETES_SERVICE_HOST', 'KUBERNETES_SERVICE_PORT'];

const ownCluster = (): Record<string, string> =>
  Object.fromEntries(own.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
