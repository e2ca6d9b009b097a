import type { PolicyCommand } from '../policy/resolved-proof.ts';
import { run, tiedToUs } from '../process/index.ts';
import type { CommandOutcome } from './policy-command-types.ts';
import { reasonOf } from './reason.ts';
import type { Work } from './work.ts';

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
): Promise<CommandOutcome> {
  const startedAt = Date.now();
  const seconds = () => (Date.now() - startedAt) / 1000;
  const secrets: Record<string, string> = {};
  try {
    for (const [name, ref] of Object.entries(command.secrets)) secrets[name] = await work.secret(ref);
    const [program = '', ...args] = command.run;
    const spec = { command: program, args, env: { ...environment, ...secrets } };
    await run(await tiedToUs(spec), { signal: work.signal, timeout: command.timeout });
    return { outcome: 'done', seconds: seconds(), sentence: null };
  } catch (error) {
    if (work.signal.aborted) throw error;
    // Not what ties it to us is told of, but what the policy names.
    const said = reasonOf(error).sentence.replace(/^\S*\bsetpriv /, `${command.run[0]} `);
    const sentence = without(Object.values(secrets), said);
    return { outcome: 'failed', seconds: seconds(), sentence };
  }
}

/** A command may print what it was given. */
function without(secrets: readonly string[], text: string): string {
  return secrets.reduce((rest, secret) => (secret === '' ? rest : rest.replaceAll(secret, '(secret)')), text);
}
