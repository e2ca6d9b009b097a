import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Work } from '../../activities/work.ts';
import type { KubernetesDeed, StepOf } from '../../policy/resolved-failover.ts';
import { type KubernetesServer, kubectlDirectory, startKubernetes } from '../../tools/servers/index.ts';
import { startStepWork } from './failover.ts';
import { aStep } from './steps.ts';

/** Puts the kubectl of the set-up first on this process's PATH, and so on that of its steps. */
export function useKubectl(): void {
  process.env.PATH = `${kubectlDirectory()}:${process.env.PATH}`;
}

/** A directory with a kubectl that does its work, and after scaling does not come to an end for a while. */
export async function slowKubectl(open: string, held: string): Promise<string> {
  const directory = await mkdtemp(join(open, 'kubectl-'));
  await chmod(directory, 0o755);
  const kubectl = join(kubectlDirectory(), 'kubectl');
  const slow = `case " $* " in *--dry-run*) ;; *" scale "*) ${kubectl} "$@" || exit; ${held}; exit;; esac`;
  await writeFile(join(directory, 'kubectl'), `#!/bin/sh\n${slow}\nexec ${kubectl} "$@"\n`, { mode: 0o755 });
  return directory;
}

/** A workload that needs nothing to run, because nothing runs it. */
export const deployment = (name: string, { replicas = 1, ...metadata }: Record<string, unknown> = {}) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name, ...metadata },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: 'it', image: 'registry.example.org/it:1' }] },
    },
  },
});

export const configMap = (name: string, data: Record<string, string>, namespace?: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  data,
});

export const listOf = (...items: object[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

export const namespaces = (...names: string[]): string =>
  listOf(...names.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));

/** Objects as the server has them. */
export type Cluster = {
  server: KubernetesServer;
  create(manifests: string): Promise<void>;
  /** A field, by its path. */
  read(what: string, namespace: string, path: string): Promise<string>;
  /** Changes with every write of the object. */
  versionOf(what: string, namespace: string): Promise<string>;
  /** Plays the controller, which is not there: writes into the status how many of the wanted replicas run, or all. */
  report(name: string, namespace: string, running?: number, conditions?: object[]): Promise<void>;
};

export function clusterOn(server: KubernetesServer): Cluster {
  const read: Cluster['read'] = (what, namespace, path) =>
    server.kubectl(['get', what, '-n', namespace, '-o', `jsonpath={${path}}`]);
  return {
    server,
    create: async (manifests) => {
      await server.kubectl(['create', '-f', '-'], manifests);
    },
    read,
    versionOf: (what, namespace) => read(what, namespace, '.metadata.resourceVersion'),
    report: async (name, namespace, running, conditions = []) => {
      const observedGeneration = Number(await read(`deployment/${name}`, namespace, '.metadata.generation'));
      const replicas = Number(await read(`deployment/${name}`, namespace, '.spec.replicas'));
      const ready = running ?? replicas;
      const pods = { updatedReplicas: replicas, readyReplicas: ready, availableReplicas: ready };
      const status = { observedGeneration, replicas, ...pods, conditions };
      const patch = ['--subresource=status', '--type=merge', '--patch', JSON.stringify({ status })];
      await server.kubectl(['patch', 'deployment', name, '-n', namespace, ...patch]);
    },
  };
}

/** A cluster of its own, and a worker's directory and another one for the files of a test. */
export type OwnCluster = Cluster & {
  work: Awaited<ReturnType<typeof startStepWork>>;
  home: string;
  close(): Promise<void>;
};

/** No controller is there: where one matters, the test writes what it would. */
export async function openCluster(users: readonly string[] = []): Promise<OwnCluster> {
  useKubectl();
  const [server, home, work] = await Promise.all([
    startKubernetes({ users }),
    mkdtemp(join(tmpdir(), 'hf-kubectl-')),
    startStepWork('fra'),
  ]);
  return {
    ...clusterOn(server),
    ...{ work, home },
    close: async () => {
      await Promise.all([server.stop(), work.dispose(), rm(home, { recursive: true, force: true })]);
    },
  };
}

/** A step of kubectl whose kubeconfig is a file. */
export const kubectlStep = (
  kubeconfig: string,
  deed: KubernetesDeed,
  more: Partial<StepOf<'kubectl'>> = {},
): StepOf<'kubectl'> => ({
  ...aStep('deploy', { timeout: 60 }),
  do: 'kubectl',
  deed,
  kubeconfig: { file: kubeconfig },
  ...more,
});

export async function written(directory: string, name: string, content: string): Promise<string> {
  const file = join(directory, name);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, content, { mode: 0o600 });
  return file;
}

/** The files of a worker that hold a text. */
export async function filesWith(text: string, { directory }: Pick<Work, 'directory'>): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name));
  const found = await Promise.all(
    files.map(async (file) => ((await readFile(file, 'utf8')).includes(text) ? [file] : [])),
  );
  return found.flat();
}
