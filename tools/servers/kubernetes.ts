import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { dirname, join } from 'node:path';
import { run } from '../../process/index.ts';
import { removeDirectory, serverDirectory } from './directory.ts';
import { freePorts } from './ports.ts';
import { type RunningServer, type ServerSpec, startServer } from './server-process.ts';
import { toolPath } from './toolbox.ts';

/** A user of a cluster, and the context by which a kubeconfig names them. */
export type KubernetesUser = { context: string; token: string; namespace?: string };

export type KubernetesServer = RunningServer & {
  url: string;
  /** May do everything. */
  admin: string;
  /** The tokens of the users that were asked for. They may do what everybody may, until they are given roles. */
  tokens: Record<string, string>;
  /** A kubeconfig with a context for each of its users; the first is the current one. */
  kubeconfig(...users: KubernetesUser[]): string;
  /**
   * Runs kubectl as the administrator and gives what it printed.
   *
   * @throws HoldfastError `process-failed` with what it said
   */
  kubectl(args: string[], manifests?: string): Promise<string>;
};

/** The directory of the kubectl that set-up found: of the PATH of whatever is to find it. */
export const kubectlDirectory = (): string => dirname(toolPath('kubectl'));

/**
 * Starts a Kubernetes API server with an etcd of its own on 127.0.0.1: everything of the API, and neither controllers
 * nor nodes. Nothing runs there, and the status of an object is what somebody writes into it.
 *
 * @throws HoldfastError `tool-missing` when set-up has not run
 */
export async function startKubernetes({
  users = [],
}: {
  users?: readonly string[];
} = {}): Promise<KubernetesServer> {
  const [etcdProgram, program] = [toolPath('etcd'), toolPath('kube-apiserver')];
  const home = await serverDirectory();
  const ports = await freePorts(['client', 'peer', 'api']);
  const url = `https://127.0.0.1:${ports.api}`;
  const admin = newToken();
  const tokens = Object.fromEntries(users.map((name) => [name, newToken()]));
  const authority = join(home, 'apiserver.crt');
  await writeSecrets(home, admin, tokens);
  const etcd = await startServer(etcdSpec(etcdProgram, home, ports), {
    dataStays: false,
    cleanUp: () => removeDirectory(home),
  });
  const server = await startServer(
    {
      name: 'The Kubernetes API server',
      command: program,
      args: flags(home, ports),
      cwd: home,
      stopSignal: 'SIGTERM',
      ready: async () => isReady(ports.api, await readFile(authority, 'utf8'), admin),
    },
    { dataStays: false, cleanUp: () => etcd.stop() },
  );
  const trusted = await readFile(authority, 'utf8');
  const kubeconfig: KubernetesServer['kubeconfig'] = (...known) => kubeconfigOf(url, trusted, known);
  const file = join(home, 'admin.kubeconfig');
  await writeFile(file, kubeconfig({ context: 'admin', token: admin }), { mode: 0o600 });
  return {
    ...server,
    url,
    admin,
    tokens,
    kubeconfig,
    kubectl: async (args, manifests) => {
      const command = join(kubectlDirectory(), 'kubectl');
      const where = ['--kubeconfig', file, '--cache-dir', join(home, 'cache')];
      const { stdout } = await run(
        { command, args: [...where, ...args] },
        { timeout: 60, ...(manifests === undefined ? {} : { stdin: manifests }) },
      );
      return stdout;
    },
  };
}

type Ports = Record<'client' | 'peer' | 'api', number>;

function etcdSpec(command: string, home: string, { client, peer }: Ports): ServerSpec {
  const [clients, peers] = [`http://127.0.0.1:${client}`, `http://127.0.0.1:${peer}`];
  return {
    name: 'etcd',
    command,
    args: [
      ...['--name=one', `--data-dir=${join(home, 'etcd')}`, '--log-level=error', '--unsafe-no-fsync'],
      ...[`--listen-client-urls=${clients}`, `--advertise-client-urls=${clients}`],
      ...[`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`],
      `--initial-cluster=one=${peers}`,
    ],
    cwd: home,
    stopSignal: 'SIGTERM',
    ready: async () => {
      const answer = await fetch(`${clients}/health`, { signal: AbortSignal.timeout(5000) });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    },
  };
}

function flags(home: string, { client, api }: Ports): string[] {
  const key = join(home, 'service-accounts.key');
  return [
    `--etcd-servers=http://127.0.0.1:${client}`,
    ...['--bind-address=127.0.0.1', `--secure-port=${api}`, `--cert-dir=${home}`],
    // It would otherwise look for an address of this host that others reach.
    ...['--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'],
    ...[`--token-auth-file=${join(home, 'tokens.csv')}`, '--authorization-mode=RBAC'],
    ...[`--service-account-key-file=${key}`, `--service-account-signing-key-file=${key}`],
    ...['--service-account-issuer=https://kubernetes.default.svc', '--service-cluster-ip-range=10.0.0.0/24'],
    // It waits for what a controller makes.
    '--disable-admission-plugins=ServiceAccount',
  ];
}

const newToken = (): string => randomBytes(24).toString('hex');

async function writeSecrets(home: string, admin: string, tokens: Record<string, string>): Promise<void> {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = privateKey.export({ type: 'sec1', format: 'pem' });
  const lines = [
    `${admin},admin,admin,system:masters`,
    ...Object.entries(tokens).map(([name, token]) => `${token},${name},${name}`),
  ];
  await mkdir(join(home, 'etcd'), { mode: 0o700 });
  await writeFile(join(home, 'service-accounts.key'), key, { mode: 0o600 });
  await writeFile(join(home, 'tokens.csv'), `${lines.join('\n')}\n`, { mode: 0o600 });
}

/** YAML knows JSON. */
function kubeconfigOf(url: string, authority: string, users: readonly KubernetesUser[]): string {
  const cluster = { server: url, 'certificate-authority-data': Buffer.from(authority).toString('base64') };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'cluster', cluster }],
    users: users.map(({ context, token }) => ({ name: context, user: { token } })),
    contexts: users.map(({ context, namespace }) => ({
      name: context,
      context: { cluster: 'cluster', user: context, ...(namespace === undefined ? {} : { namespace }) },
    })),
    'current-context': users[0]?.context,
  });
}

/** Once every part of it is, its own roles included. */
function isReady(port: number, ca: string, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const asked = request(
      { host: '127.0.0.1', port, path: '/readyz', ca, headers, timeout: 5000 },
      (answer) => {
        answer.resume();
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`it answers ${answer.statusCode}`));
      },
    );
    asked.on('timeout', () => asked.destroy(new Error('it does not answer')));
    asked.on('error', reject).end();
  });
}
