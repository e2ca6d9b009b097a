/** What steps make, and what others find lacking before that: named alike by both. Pure. */
import type { PostgresTarget, StepOf } from '../../policy/resolved-failover.ts';
import type { Thing } from '../../workflows/contract-failover-steps.ts';
import type { Cluster } from './kubectl-run.ts';

const keyOf = (...parts: readonly (string | number | null)[]): string => JSON.stringify(parts);

/** An object of a cluster, by its resource as the server names it (`deployments.apps`); without a namespace: of the whole. */
export type ClusterObject = { resource: string; namespace: string; name: string };

/** @param zone whose worker asks: without a kubeconfig of the step's own each zone has another cluster */
export function objectIn(
  { kubeconfig, context }: Cluster,
  { zone }: Pick<StepOf<'kubectl'>, 'zone'>,
  { resource, namespace, name }: ClusterObject,
): Thing {
  const config = kubeconfig === undefined ? [`zone ${zone}`] : Object.values(kubeconfig).flat();
  const object = `${resource} "${name}"${namespace === '' ? '' : ` in ${namespace}`}`;
  return { name: object, key: `${object} (${[context ?? 'its current context', ...config].join(', ')})` };
}

type Server = Pick<PostgresTarget, 'name' | 'host' | 'port'>;

export const writableServer = ({ name, host, port }: Server): Thing => ({
  name: `${name} as a server that takes writes`,
  key: keyOf('postgres', host, port, 'writable'),
});

export const standbyServer = ({ name, host, port }: Server): Thing => ({
  name: `${name} as a standby`,
  key: keyOf('postgres', host, port, 'standby'),
});

export const databaseOn = ({ name, host, port }: Server, database: string): Thing => ({
  name: `the database ${database} on ${name}`,
  key: keyOf('postgres', host, port, 'database', database),
});
