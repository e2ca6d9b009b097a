import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPolicy } from '../../policy/index.ts';
import type { Place, ResolvedRepository } from '../../policy/resolved.ts';
import { type AppliedPolicy, markRepository, openStore } from '../../repository/index.ts';
import { withKeysInside } from './policy-file.ts';
import { unusable } from './state.ts';

/** The name of the place for reports on this machine; the repository may be a copy that nobody can write to. */
const ownReports = 'recovery-reports';

export const reportsIn = (state: string, at: Place): ResolvedRepository => ({
  ...at,
  kind: 'filesystem',
  name: ownReports,
  path: join(state, 'reports'),
  medium: 'disk',
  keepFree: 0,
});

/**
 * Writes the policy, for those who approve, and makes a place for the report; gives the policy's file.
 *
 * @throws HoldfastError `bad-usage` when the directory can't be written
 */
export async function prepareDirectory(
  { text, publicKeys, organization }: Pick<AppliedPolicy, 'text' | 'publicKeys' | 'organization'>,
  state: string,
): Promise<string> {
  const file = join(state, 'holdfast.yaml');
  const policy = withKeysInside(text, publicKeys);
  try {
    await mkdir(join(state, 'reports'), { recursive: true, mode: 0o700 });
    await writeFile(file, policy, { mode: 0o600 });
  } catch (error) {
    throw unusable(state, error);
  }
  await loadPolicy(file);
  const store = await openStore(reportsIn(state, { zone: '', region: '', site: '' }));
  try {
    await markRepository(store, { organization });
  } finally {
    store.close();
  }
  return file;
}
