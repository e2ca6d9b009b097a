import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ErrorCode, HoldfastError } from '../../policy/errors.ts';
import type { KubernetesDeed, StepOf } from '../../policy/resolved-failover.ts';
import { redact, run } from '../../process/index.ts';
import type { Work } from '../work.ts';

export type Cluster = Pick<StepOf<'kubectl'>, 'kubeconfig'> & {
  /** Absent: the kubeconfig's current one. */
  context?: string;
};

/** Seconds for one request; a cluster that is gone must not be waited for. */
const patience = 20;

const told = 4096;

/** The arguments of a deed; `rehearse` makes the server judge it and do nothing, `timeout` is in seconds. */
export function argsOfDeed(
  deed: KubernetesDeed,
  { rehearse, timeout }: { rehearse: boolean; timeout: number },
): string[] {
  const dry = rehearse ? ['--dry-run=server'] : [];
  switch (deed.verb) {
    case 'apply':
      return ['apply', ...('kustomize' in deed ? ['-k', deed.kustomize] : ['-f', deed.file]), ...dry];
    case 'scale':
      return ['scale', deed.resource, '-n', deed.namespace, `--replicas=${deed.replicas}`, ...dry];
    case 'rollout':
      return rehearse
        ? ['get', deed.resource, '-n', deed.namespace, '-o', 'name']
        : ['rollout', 'status', deed.resource, '-n', deed.namespace, '--watch', `--timeout=${timeout}s`];
  }
}

/**
 * Runs the user's own kubectl on a cluster and gives the end of what it printed.
 *
 * @param seconds after which it is ended
 * @throws HoldfastError `tool-missing`, `unreachable`, `authentication-failed`, `access-denied`, `not-found`, `stalled` or
 *   `process-failed`, with what kubectl said
 */
export async function kubectl(
  { kubeconfig, context }: Cluster,
  args: readonly string[],
  { seconds, work }: { seconds: number; work: Work },
): Promise<string> {
  const file = kubeconfig === undefined ? null : join(work.directory, `kubeconfig-${randomUUID()}`);
  try {
    if (file !== null && kubeconfig !== undefined)
      await writeFile(file, await work.secret(kubeconfig), { mode: 0o600, flag: 'wx' });
    const where = [
      ...(file === null ? [] : ['--kubeconfig', file]),
      ...(context === undefined ? [] : ['--context', context]),
      '--cache-dir',
      join(work.directory, 'kubectl-cache'),
    ];
    // A rollout is one long request.
    const limit = args[0] === 'rollout' ? [] : [`--request-timeout=${patience}s`];
    const { stdout, stderr } = await run(
      { command: 'kubectl', args: [...where, ...args, ...limit] },
      { signal: work.signal, timeout: seconds },
    );
    return redact(`${stdout}${stderr}`, []).trim().slice(-told);
  } catch (error) {
    if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
    throw explained(error, context);
  } finally {
    if (file !== null) await rm(file, { force: true });
  }
}

const meanings: readonly [said: RegExp, code: ErrorCode, hint: string][] = [
  [/context .*(does not exist|was not found)/i, 'bad-policy', 'Name a context of the kubeconfig.'],
  [
    /\(Unauthorized\)|must be logged in|You must be logged in/i,
    'authentication-failed',
    'Renew its credentials.',
  ],
  [/\(Forbidden\)/i, 'access-denied', 'Give its user the right to do this, and no more.'],
  [/\(NotFound\)|not found|no such file/i, 'not-found', 'Check the names in the step.'],
  [
    /refused|unable to connect|no such host|i\/o timeout|deadline exceeded|couldn't get current server/i,
    'unreachable',
    'Check that the cluster runs, and that this worker may reach it.',
  ],
];

function explained(error: HoldfastError, context: string | undefined): HoldfastError {
  if (error.code !== 'process-failed') return error;
  const message = redact(error.message, []);
  const [, code, hint] = meanings.find(([said]) => said.test(message)) ?? [];
  const where = context === undefined ? '' : ` (context ${context})`;
  return new HoldfastError(code ?? 'process-failed', `${message.replace(/\.?$/, '')}${where}.`, {
    ...(hint === undefined ? {} : { hint }),
  });
}
