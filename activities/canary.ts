import { HoldfastError } from '../policy/errors.ts';
import { run } from '../process/index.ts';
import { prepareDecryption, prepareEncryption } from '../repository/index.ts';
import type { CanaryResult, OpenCanaryInput, SealCanaryInput } from '../workflows/contract-checks.ts';
import { reasonOf } from './reason.ts';
import type { Work } from './work.ts';

const faultsOfTheKey = new Set(['bad-key', 'process-failed', 'access-denied', 'not-found']);
const limits = { timeout: 120 };

/**
 * Encrypts a worthless text as a backup of this zone would be.
 *
 * @throws HoldfastError `bad-key` when the key can't be used
 */
export async function sealCanary(work: Work, { key, text }: SealCanaryInput): Promise<{ sealed: string }> {
  const { stage, close } = await prepareEncryption(key, work);
  try {
    const armored = { ...stage, args: ['--armor', ...stage.args] };
    const { stdout } = await run(armored, { ...limits, stdin: text, signal: work.signal });
    return { sealed: stdout };
  } finally {
    await close();
  }
}

/** Whether this zone opens what was sealed. That it does not is an answer, and that it could not try is an error. */
export async function openCanary(work: Work, { key, sealed, text }: OpenCanaryInput): Promise<CanaryResult> {
  try {
    const { stage, close } = await prepareDecryption(key, work);
    try {
      const { stdout } = await run(stage, { ...limits, stdin: sealed, signal: work.signal });
      if (stdout === text) return { opened: true, reason: null };
      return { opened: false, reason: { code: 'mismatch', sentence: 'What came out is not what went in.' } };
    } finally {
      await close();
    }
  } catch (error) {
    if (work.signal.aborted || !(error instanceof HoldfastError) || !faultsOfTheKey.has(error.code))
      throw error;
    return { opened: false, reason: reasonOf(error) };
  }
}
