import { HoldfastError } from '../policy/errors.ts';
import type { Reason } from '../workflows/contract.ts';

/** An error as the plain data that workflows keep. */
export function reasonOf(error: unknown): Reason {
  if (error instanceof HoldfastError) return { code: error.code, sentence: error.sentence };
  return { code: 'process-failed', sentence: error instanceof Error ? error.message : String(error) };
}
