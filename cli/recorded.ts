import type { ResolvedPolicy } from '../policy/resolved.ts';
import type { Recorded } from '../workflows/contract.ts';
import type { Context } from './context.ts';
import { personNamed } from './personal-signature.ts';

/** The option by which somebody says who they are; the worker is recorded in any case. */
export const asOption = ['--as <person>', "your name among the policy's people, for the audit log"] as const;

/**
 * Where a run is recorded, and who asked for it.
 *
 * @throws HoldfastError `bad-usage` when the policy knows no such person
 */
export function recordedBy({ audit, people }: ResolvedPolicy, as: string | undefined): Recorded {
  return {
    ...(audit === undefined ? {} : { audit }),
    ...(as === undefined ? {} : { person: personNamed(people, as).name }),
  };
}

/** Tells what the audit log lacks. */
export function remarkAll(context: Context, warnings: readonly string[] = []): void {
  for (const sentence of warnings) context.remark(sentence);
}
