import type { PolicyCommand } from '../policy/resolved-proof.ts';
import {
  describeExit,
  isUnstarted,
  redact,
  runForTail,
  type TailedRun,
  tiedToUs,
  toolMissing,
} from '../process/index.ts';
import type { CommandRun } from './policy-command-types.ts';
import { reasonOf } from './reason.ts';
import type { Work } from './work.ts';

/** What is held of its output while it runs, and what is told of it: in characters, and in bytes. */
const held = 64 * 1024;
const told = 4096;

/**
 * Runs a command of the policy's: without a shell, in a process group of its own that ends with it, with the signal and
 * with the time limit. One that fails is an answer and no error: what it did can't be told apart from what it left undone.
 *
 * @param environment what it gets beside its secrets
 */
export async function runPolicyCommand(
  work: Work,
  command: PolicyCommand,
  environment: Record<string, string>,
): Promise<CommandRun> {
  const startedAt = Date.now();
  const [program = '', ...args] = command.run;
  const secrets: Record<string, string> = {};
  const answer = (why: string | null, output: string | null): CommandRun => ({
    outcome: why === null ? 'done' : 'failed',
    seconds: (Date.now() - startedAt) / 1000,
    sentence: why === null ? null : redact(why, Object.values(secrets)),
    output,
  });
  try {
    for (const [name, ref] of Object.entries(command.secrets)) secrets[name] = await work.secret(ref);
    const spec = await tiedToUs({ command: program, args, env: { ...environment, ...secrets } });
    const options = { signal: work.signal, timeout: command.timeout, keep: held };
    const ended = await runForTail(spec, options);
    const output = tailOf(ended, Object.values(secrets));
    return answer(faultOf(command, ended, output), output);
  } catch (error) {
    if (work.signal.aborted) throw error;
    return answer(reasonOf(error).sentence, null);
  }
}

/** Why it did not end well; null when it did. */
function faultOf({ run, timeout }: PolicyCommand, ended: TailedRun, output: string | null): string | null {
  const [program = ''] = run;
  if (ended.expired)
    return `${program} did not end within ${timeout} seconds, and was killed with all that it started.`;
  if (ended.exitCode === 0) return null;
  if (ended.exitCode === 127 && isUnstarted(ended.exitCode, output ?? ''))
    return toolMissing(program).sentence;
  return describeExit(program, ended.exitCode, ended.signal, output ?? '');
}

/**
 * The end of what it printed, for reports. Secrets are taken out before it is cut to size; where the front was cut off
 * already, half a secret may be left there, and so much is dropped.
 */
function tailOf({ output, cut }: TailedRun, secrets: readonly string[]): string | null {
  const longest = Math.max(0, ...secrets.map((secret) => 3 * Buffer.byteLength(secret)));
  const clean = redact(output, secrets).slice(cut ? longest : 0);
  const bytes = Buffer.from(clean.trim());
  if (bytes.length <= told) return bytes.length === 0 ? null : bytes.toString('utf8');
  // A letter that was cut through is none.
  return bytes
    .subarray(-told)
    .toString('utf8')
    .replace(/^\uFFFD+/, '');
}
