import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { withKeysInside } from '../../../cli/recover/policy-file.ts';
import { type LoadedPolicy, loadPolicy } from '../../../policy/index.ts';
import { copyOfRepository } from '../../support/copy-of-repository.ts';

const scene = copyOfRepository();

it('writes a policy with its public keys inside that is the same policy, comments and all', async () => {
  const file = join(scene.lab.directory, 'inside.yaml');
  const text = `# Ours.\n${scene.loaded.source}`;
  await writeFile(file, withKeysInside(text, scene.loaded.publicKeys));
  expect(await readFile(file, 'utf8')).toMatch(/^# Ours\.\n/);
  const named = [
    scene.lab.signing.publicFile,
    scene.lab.encryption.publicFile,
    join(scene.lab.directory, 'commander.pub'),
  ];
  for (const each of named) await rename(each, `${each}.away`);
  try {
    const { policy } = await loadPolicy(file);
    const same = ({ hash: _, ...rest }: LoadedPolicy['policy']) =>
      JSON.stringify(rest).replaceAll(/"policyHash":"[0-9a-f]+"/g, '');
    expect(same(policy)).toBe(same(scene.loaded.policy));
  } finally {
    for (const each of named) await rename(`${each}.away`, each);
  }
});
