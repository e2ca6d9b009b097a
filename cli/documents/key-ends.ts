import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HoldfastError } from '../../policy/errors.ts';
import type { ResolvedPolicy } from '../../policy/resolved.ts';
import { prepareEncryption } from '../../repository/index.ts';
import { keysOf } from '../backups.ts';
import type { KeyEnd } from './duties.ts';

/** When the policy's public keys end; a passphrase has no end. What can't be found out is told. */
export async function keyEnds(policy: ResolvedPolicy): Promise<{ keys: KeyEnd[]; exceptions: string[] }> {
  const keys: KeyEnd[] = [];
  const exceptions: string[] = [];
  const directory = await mkdtemp(join(tmpdir(), 'k'));
  const work = { zone: 'here', directory, secret: noSecret };
  try {
    for (const key of keysOf(Object.values(policy.plans)).filter(({ kind }) => kind === 'gpg')) {
      try {
        const { expires, close } = await prepareEncryption(key, work);
        await close();
        keys.push({
          key: key.name,
          expires: expires === null ? null : new Date(expires * 1000).toISOString(),
        });
      } catch (error) {
        const why = error instanceof HoldfastError ? error.message : 'gpg could not read it.';
        exceptions.push(`When the key ${key.name} ends is not known: ${why}`);
      }
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
  return { keys, exceptions };
}

/** Public keys need none. */
async function noSecret(): Promise<string> {
  throw new HoldfastError('refused', 'No secret is read for a checklist.');
}
