/** What kubectl printed, for people: what it means, and nothing secret. Pure. */
import { type ErrorCode, HoldfastError } from '../../policy/errors.ts';
import { describeExit, redact, type TailedRun } from '../../process/index.ts';

/** How kubectl ended; `output` is the end of what it printed, fit for a report, and `seconds` is what it was given. */
export type Ended = Pick<TailedRun, 'exitCode' | 'signal' | 'expired' | 'output'> & { seconds: number };

/** What a kubeconfig holds that must not be seen. */
export const secretsIn = (kubeconfig: string): string[] =>
  [...kubeconfig.matchAll(secretField)].flatMap(([, quoted, plain]) => quoted ?? plain ?? []);

const secretField = /\b(?:token|password|client-key-data)["']?\s*:\s*(?:["']([^"'\n]+)["']|([^\s"',}]+))/g;

/**
 * Fit for a report. An `apply` that fails prints the whole change and what was there before, which are the data of a Secret
 * as well; and its library logs each attempt beside what kubectl says at the end.
 */
export function cleaned(
  { output, cut }: Pick<TailedRun, 'output' | 'cut'>,
  secrets: readonly string[],
): string {
  // What is left of a line may be the end of a secret.
  const whole = cut ? output.replace(/^[^\n]*(\n|$)/, '') : output;
  const lines = redact(whole, secrets).trim().split('\n');
  const known = lines.map((each) => each.replace(/^\s*\{.*$/, '{…}'));
  const said = known.filter((each) => !/^[IWEF]\d{4} /.test(each));
  return (said.length > 0 ? said : known).join('\n');
}

/** An object that the server does not find, by its resource as the server names it. */
export type Missing = { resource: string; name: string };

const faultLine = /^error\b/i;
const notFoundLine =
  /^(?:Error from server \(NotFound\):|error: no objects passed to scale) (?:.*: )?([a-z0-9.-]+) "([^"]+)" not found$/;

/** The objects that the server did not find, where nothing else is wrong: else none. */
export function missingIn(output: string): Missing[] {
  const faults = output.split('\n').filter((line) => faultLine.test(line));
  const missing = faults.map((line) => notFoundLine.exec(line));
  return missing.every((found) => found !== null)
    ? missing.map(([, resource = '', name = '']) => ({ resource, name }))
    : [];
}

const workloads: Record<string, string> = {
  'deployments.apps': 'deploy deployment deployments',
  'statefulsets.apps': 'sts statefulset statefulsets',
  'daemonsets.apps': 'ds daemonset daemonsets',
  'replicasets.apps': 'rs replicaset replicasets',
  replicationcontrollers: 'rc replicationcontroller replicationcontrollers',
};

/** An object that a step names, as the server names it: kubectl takes many words for one. */
export function objectNamed(written: string): Missing {
  const [type = '', name = ''] = written.split('/');
  const [word = '', ...group] = type.split('.');
  const known = Object.entries(workloads).find(([, words]) => words.split(' ').includes(word));
  if (known !== undefined) return { resource: known[0], name };
  return { resource: [word.endsWith('s') ? word : `${word}s`, ...group].join('.'), name };
}

/** The first that fits counts. */
const meanings: readonly [said: RegExp, code: ErrorCode, hint: string][] = [
  [/context .*(does not exist|was not found)/i, 'bad-policy', 'Name a context of the kubeconfig.'],
  [
    /\(Unauthorized\)|must be logged in|client to provide credentials/i,
    'authentication-failed',
    'Renew its credentials.',
  ],
  [
    /x509: /i,
    'authentication-failed',
    "Check in the kubeconfig which authority vouches for the cluster's certificate.",
  ],
  [/denied (the )?request|exceeded quota/i, 'refused', 'A rule of the cluster itself is against it.'],
  [/\(Forbidden\)|is forbidden/i, 'access-denied', 'Give its user the right to do this, and no more.'],
  [
    /\(NotFound\)|not found|no such file|does not exist|doesn't have a resource type|could not find the requested resource/i,
    'not-found',
    'Check the names in the step.',
  ],
  [
    /timed out waiting for the condition|exceeded its progress deadline/i,
    'stalled',
    'Look at its pods (kubectl describe), and retry the step once they can start.',
  ],
  [
    /refused|unable to connect|no such host|i\/o timeout|deadline exceeded|couldn't get current server/i,
    'unreachable',
    'Check that the cluster runs, and that this worker may reach it.',
  ],
];

/** The error that a kubectl becomes which did not end well. */
export function faultOf(
  { exitCode, signal, expired, output, seconds }: Ended,
  context?: string,
): HoldfastError {
  const where = context === undefined ? '' : ` (context ${context})`;
  if (expired)
    return new HoldfastError(
      'stalled',
      `kubectl did not end within ${seconds} seconds, and was killed${where}.`,
    );
  const [, code, hint] = meanings.find(([said]) => said.test(output)) ?? [];
  const message = describeExit('kubectl', exitCode, signal, output);
  return new HoldfastError(code ?? 'process-failed', `${message.replace(/\.?$/, '')}${where}.`, {
    ...(hint === undefined ? {} : { hint }),
  });
}
