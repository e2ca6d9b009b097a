import { userInfo } from 'node:os';
import { HoldfastError } from '../policy/errors.ts';
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

/**
 * Who agrees, or says so, where no key signs it: one of the policy's people, where it names any; the name on this machine
 * where nobody is named.
 *
 * @throws HoldfastError `bad-usage` when the policy knows no such person, or when the machine does not know who this is
 */
export function saidBy({ people }: Pick<ResolvedPolicy, 'people'>, as: string | undefined): string {
  if (as !== undefined) return people.length === 0 ? as : personNamed(people, as).name;
  try {
    return userInfo().username;
  } catch (error) {
    throw new HoldfastError('bad-usage', 'This machine has no name for the user that runs holdfast.', {
      hint: 'Say who you are with --as NAME.',
      cause: error,
    });
  }
}

/** Tells what the audit log lacks. */
export function remarkAll(context: Context, warnings: readonly string[] = []): void {
  for (const sentence of warnings) context.remark(sentence);
}
