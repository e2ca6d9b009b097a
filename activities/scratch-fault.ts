import { HoldfastError } from '../policy/errors.ts';

const full = /No space left on device|could not extend file|ENOSPC|disk space|has no space left/i;

/**
 * What a failure around a scratch place was, as an error of ours. A full disk shows in many ways, and says nothing of
 * the backup: so it is told as what it is.
 */
export function scratchFault(error: unknown): HoldfastError {
  const fault =
    error instanceof HoldfastError
      ? error
      : new HoldfastError('process-failed', error instanceof Error ? error.message : String(error));
  const told = ['process-failed', 'service-unavailable', 'unreachable'].includes(fault.code);
  if (!told || (!full.test(fault.message) && codeOf(error) !== '53100')) return fault;
  return new HoldfastError(
    'disk-full',
    `The scratch place has no space left. (${fault.message.slice(0, 300)})`,
    {
      hint: 'Set HOLDFAST_SCRATCH_DIR to a larger disk.',
      cause: error,
    },
  );
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
