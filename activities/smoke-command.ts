import { HoldfastError } from '../policy/errors.ts';
import type { PolicyCommand } from '../policy/resolved-proof.ts';
import { isUnstarted, redact, run, tiedToUs } from '../process/index.ts';
import type { ProofCheck } from '../workflows/contract-restore-test.ts';
import type { Work } from './work.ts';

const tailLength = 2000;
/** All that a process can end with; -1 is one that was killed by somebody else. */
const everyCode = Array.from({ length: 257 }, (_, index) => index - 1);

/**
 * The user's own check of restored data: in the activity's directory, with a minimal environment, its secrets and the
 * way to the scratch place by environment alone, in a process group of its own that ends with it, with its time and with
 * the activity. What it printed is told without any of the secrets. One that could not be started, or did not come to its
 * end, says nothing of the data.
 *
 * @param environment the way to the scratch place, with its password in PGPASSWORD
 */
export async function smokeCommand(
  work: Work,
  { run: argv, timeout, secrets }: PolicyCommand,
  environment: Record<string, string>,
): Promise<ProofCheck> {
  const [program = '', ...args] = argv;
  const check = (outcome: ProofCheck['outcome'], said: string): ProofCheck => ({
    check: 'command',
    outcome,
    sentence: `The smoke command ${program} ${said}`,
  });
  const hidden = [environment.PGPASSWORD ?? ''];
  try {
    const own: Record<string, string> = {};
    for (const [name, ref] of Object.entries(secrets)) own[name] = await work.secret(ref);
    hidden.push(...Object.values(own));
    const spec = { command: program, args, env: { ...environment, ...own }, cwd: work.directory };
    const options = { signal: work.signal, timeout, okExitCodes: everyCode };
    const { exitCode, stdout, stderr } = await run(await tiedToUs(spec), options);
    if (exitCode === 0) return check('passed', 'ended with status 0.');
    const printed = [stdout, stderr].filter((text) => text !== '').join('\n');
    const tail = redact(printed, hidden).trim().slice(-tailLength);
    const said = tail === '' ? '.' : `: ${tail}`;
    if (exitCode === -1) return check('not-checked', `was killed before its end${said}`);
    if (isUnstarted(exitCode, stderr)) return check('not-checked', `could not be started${said}`);
    return check('failed', `ended with status ${exitCode}${said}`);
  } catch (error) {
    if (work.signal.aborted || !(error instanceof HoldfastError)) throw error;
    return check('not-checked', `could not be run to its end: ${redact(error.sentence, hidden)}`);
  }
}
