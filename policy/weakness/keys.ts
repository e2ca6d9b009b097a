import { normalPath } from '../overlaps.ts';
import type { Policy } from '../schema.ts';
import { credentialsOf, type SecretPlace, secretsOf } from './secrets.ts';
import type { Weakness, Weighed } from './weakness.ts';

/** Keys that open too little or too much, and secrets that lie beside what they protect (law 6). */
export function keyWeaknesses(weighed: Weighed): Weakness[] {
  const { written } = weighed;
  return [
    ...Object.entries(written.keys).flatMap(([name, key]) => weaknessOfKey(name, key)),
    ...Object.entries(written.repositories).flatMap(([name, each]) => sameCredentials(name, each)),
    ...secretsOf(weighed).flatMap((place) => keptInRepository(place, written.repositories)),
  ];
}

function weaknessOfKey(name: string, key: Policy['keys'][string]): Weakness[] {
  if ('passphrase' in key)
    return [
      {
        id: 'passphrase-key',
        severity: 'advice',
        path: ['keys', name],
        message: 'With a passphrase, every worker that makes backups can read them all.',
        hint: 'Use gpg recipients: then workers encrypt without being able to read.',
      },
    ];
  if (Object.keys(key.gpg.opens ?? {}).length > 0) return [];
  return [
    {
      id: 'key-opens-nowhere',
      severity: 'advice',
      path: ['keys', name],
      message: 'No zone can decrypt with this key, so no restore and no restore test can run.',
      hint: 'Say under `opens` which zone reads the private key, and where.',
    },
  ];
}

type Repository = Policy['repositories'][string];

/** Keys apart: credentials for deletion that everyday work has too keep nobody from deleting. */
function sameCredentials(name: string, repository: Repository): Weakness[] {
  const [everyday, forDeletion] = credentialsOf(repository);
  if (forDeletion === undefined || JSON.stringify(everyday?.ref) !== JSON.stringify(forDeletion.ref))
    return [];
  return [
    {
      id: 'same-credentials-delete',
      severity: 'serious',
      path: ['repositories', name, 'deleteCredentials'],
      message: 'These are the everyday credentials: whoever takes over a worker can delete with them.',
      hint: 'Make a second user with the right to delete, and take that right from the first.',
    },
  ];
}

function keptInRepository(
  { path, zone, ref }: SecretPlace,
  repositories: Policy['repositories'],
): Weakness[] {
  if (!('file' in ref)) return [];
  const file = normalPath(ref.file);
  return Object.entries(repositories).flatMap(([name, repository]): Weakness[] => {
    if (repository.kind !== 'filesystem' || repository.zone !== zone) return [];
    const directory = normalPath(repository.path);
    if (!file.startsWith(directory === '/' ? directory : `${directory}/`)) return [];
    return [
      {
        id: 'key-in-repository',
        severity: 'serious',
        path,
        message: `This secret lies inside repository ${name}: whoever gets the copies gets it too.`,
        hint: 'Keep it outside of every repository, e.g. under /run/secrets.',
      },
    ];
  });
}
