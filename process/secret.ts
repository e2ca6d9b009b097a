import { readFile } from 'node:fs/promises';
import { HoldfastError } from '../policy/errors.ts';
import type { SecretRef } from '../policy/resolved.ts';
import { run } from './run.ts';

/**
 * Reads a secret where the policy says, at the moment of use; one trailing newline is taken off.
 *
 * @throws HoldfastError `bad-key` when it can't be read or is empty. The message names the place, never the value.
 */
export async function readSecret(ref: SecretRef, signal?: AbortSignal): Promise<string> {
  const value = (await readRaw(ref, signal)).replace(/\r?\n$/, '');
  if (value === '')
    throw new HoldfastError('bad-key', `The secret in ${placeOf(ref)} is empty.`, {
      hint: 'Put the secret there, on the worker.',
    });
  return value;
}

/** Where a secret is, for people: `environment variable X`, `file /run/secrets/x`, `the output of vault`. */
export function placeOf(ref: SecretRef): string {
  if ('env' in ref) return `environment variable ${ref.env}`;
  if ('file' in ref) return `file ${ref.file}`;
  return `the output of ${ref.command[0] ?? 'an empty command'}`;
}

async function readRaw(ref: SecretRef, signal?: AbortSignal): Promise<string> {
  const hint = 'Secrets are read on the worker of the zone that uses them.';
  if ('env' in ref) {
    const value = process.env[ref.env];
    if (value === undefined) throw new HoldfastError('bad-key', `The ${placeOf(ref)} is not set.`, { hint });
    return value;
  }
  if ('file' in ref) {
    try {
      return await readFile(ref.file, 'utf8');
    } catch (cause) {
      throw new HoldfastError('bad-key', `The secret in ${placeOf(ref)} can't be read.`, { hint, cause });
    }
  }
  const [command, ...args] = ref.command;
  if (command === undefined) throw new HoldfastError('bad-key', 'A secret has an empty command.', { hint });
  const result = await run({ command, args }, { timeout: 30, ...(signal ? { signal } : {}) });
  return result.stdout;
}
