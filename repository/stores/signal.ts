import { HoldfastError } from '../../policy/errors.ts';

/** @throws HoldfastError `interrupted` once the signal is aborted. */
export function checkSignal(signal: AbortSignal | undefined, what: string): void {
  if (signal?.aborted) throw interrupted(what);
}

export function interrupted(what: string): HoldfastError {
  return new HoldfastError('interrupted', `${what} was stopped.`);
}
