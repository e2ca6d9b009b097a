import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadPolicy } from '../../policy/index.ts';
import type { Place, ResolvedRepository } from '../../policy/resolved.ts';
import { type AppliedPolicy, evidenceFolder, markRepository, openStore } from '../../repository/index.ts';
import type { FailoverResult } from '../../workflows/contract-failover.ts';
import type { KeyFiles } from './brought.ts';
import type { FoundPlace } from './place.ts';
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

/** A report that is kept there, for people; null where it could not be. */
export const reportFile = (
  state: string,
  { path, stored }: NonNullable<FailoverResult['evidence']>,
): string | null =>
  stored.includes(ownReports) ? join(state, 'reports', `${evidenceFolder}${path}.md`) : null;

/** What lies outside of the directory, and may lie elsewhere when the run goes on. */
export type Outside = KeyFiles & { place: FoundPlace };

const repositoryLink = (state: string): string => join(state, 'repository');
const keyLink = (state: string, name: string): string => join(state, 'keys', name);
const signingKeyLink = (state: string): string => join(state, 'signing-key');

/**
 * Where a run finds the repository, if it is a directory, and the keys that a person brought: at links, so that it finds them
 * again when a disk comes back at another place. Nothing is copied.
 */
export const linksIn = (state: string, { place, keyFiles, signingKeyFile }: Outside): Outside => ({
  place: place.kind === 'filesystem' ? { ...place, path: repositoryLink(state) } : place,
  keyFiles: Object.fromEntries(Object.keys(keyFiles).map((name) => [name, keyLink(state, name)])),
  signingKeyFile: signingKeyFile === null ? null : signingKeyLink(state),
});

/**
 * Writes the policy, for those who approve, makes a place for the report, and the links; gives the policy's file.
 *
 * @throws HoldfastError `bad-usage` when the directory can't be written
 */
export async function prepareDirectory(
  { text, publicKeys, organization }: Pick<AppliedPolicy, 'text' | 'publicKeys' | 'organization'>,
  outside: Outside,
  state: string,
): Promise<string> {
  const file = join(state, 'holdfast.yaml');
  const policy = withKeysInside(text, publicKeys);
  try {
    await mkdir(join(state, 'reports'), { recursive: true, mode: 0o700 });
    await writeFile(file, policy, { mode: 0o600 });
    await link(outside, state);
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

async function link({ place, keyFiles, signingKeyFile }: Outside, state: string): Promise<void> {
  if (place.kind === 'filesystem') await pointTo(place.path, repositoryLink(state));
  await mkdir(join(state, 'keys'), { recursive: true, mode: 0o700 });
  for (const [name, file] of Object.entries(keyFiles)) await pointTo(file, keyLink(state, name));
  if (signingKeyFile !== null) await pointTo(signingKeyFile, signingKeyLink(state));
}

async function pointTo(path: string, from: string): Promise<void> {
  await rm(from, { force: true });
  await symlink(path, from);
}
