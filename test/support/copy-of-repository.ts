import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { LoadedPolicy } from '../../policy/index.ts';
import type { FilesystemRepository } from '../../policy/resolved.ts';
import { appliedName, markRepository, openStore, putApplied, signApplied } from '../../repository/index.ts';
import { fingerprintOfKey } from '../../repository/person-signature.ts';
import { makeSigningKey } from '../../tools/lab/keys.ts';
import { type Lab, openLab } from '../../tools/lab/lab.ts';
import { type CliRun, holdfast } from './cli.ts';
import { makePast, mark } from './past.ts';

/** What a recovery begins with: each test has a repository of its own, with three backups, of which the second was proven. */
export type CopyOfRepository = {
  readonly lab: Lab;
  readonly loaded: LoadedPolicy;
  /** Where it lies. */
  readonly copy: string;
  /** Of this test alone: `state-3`. */
  own(name: string): string;
  /** The fingerprint of the key that signed the policy. */
  readonly signer: string;
  /** The repository as the policy has it, where the copy lies. */
  place(): FilesystemRepository;
  /** Lays a policy down once more, signed by whoever has this key; gives its name. */
  applyAt(at: string, text?: string, key?: string): Promise<string>;
  recover(...args: string[]): Promise<CliRun>;
  /** With the right key to trust. */
  trusting(...args: string[]): Promise<CliRun>;
};

const days = ['20261119', '20261120', '20261121'];

/** The id of the backup of a day, written like 20261121. */
export const idOf = (day: string) => `${day}T010000Z-1a2b3c4d`;

/** Makes it before the tests that stand beside the call. */
export function copyOfRepository(): CopyOfRepository {
  let lab: Lab;
  let loaded: LoadedPolicy;
  let signer: string;
  let copy: string;
  let count = 0;
  const place = (): FilesystemRepository => {
    const found = loaded.policy.repositories.offsite;
    if (found?.kind !== 'filesystem') throw new Error('the lab has a repository that is a directory');
    return { ...found, path: copy };
  };
  const applyAt: CopyOfRepository['applyAt'] = async (
    at,
    text = loaded.source,
    key = lab.signing.privateFile,
  ) => {
    const store = await openStore(place());
    const { policy, publicKeys } = loaded;
    const applied = { organization: policy.organization, at, hash: policy.hash, text, publicKeys };
    try {
      const { signature } = await signApplied(applied, await readFile(key, 'utf8'), lab);
      await markRepository(store, policy);
      await putApplied(store, applied, signature);
    } finally {
      store.close();
    }
    return appliedName(applied);
  };
  const recover = (...args: string[]) => holdfast(['recover', '--from', copy, ...args]);
  beforeAll(async () => {
    lab = await openLab();
    signer = fingerprintOfKey(await readFile(lab.signing.publicFile, 'utf8'));
    loaded = await lab.usePolicy(await sections(lab));
  });
  afterAll(() => lab?.close());
  beforeEach(async () => {
    count += 1;
    copy = join(lab.directory, `copy-${count}`);
    await mkdir(copy);
    await applyAt('2026-11-21T12:00:00.000Z');
    await makePast(lab, [place()], days.map(idOf), { plan: 'shop-daily' });
    await mark([place()], idOf('20261120'), {
      kind: 'tested',
      at: '2026-11-20T12:00:00.000Z',
      result: 'passed',
    });
  });
  return {
    get lab() {
      return lab;
    },
    get loaded() {
      return loaded;
    },
    get copy() {
      return copy;
    },
    get signer() {
      return signer;
    },
    own: (name) => join(lab.directory, `${name}-${count}`),
    place,
    applyAt,
    recover,
    trusting: (...args) => recover('--trust', signer, ...args),
  };
}

async function sections(lab: Lab): Promise<Record<string, unknown>> {
  const commander = await makeSigningKey(lab.directory, 'commander');
  const ops = await makeSigningKey(lab.directory, 'ops');
  const opens = { ams: { file: lab.encryption.privateFile } };
  return {
    zones: {
      fra: { region: 'EU', site: 'de-fra1', signingKey: { file: lab.signing.privateFile } },
      ams: { region: 'EU', site: 'nl-ams1', signingKey: { file: lab.signing.privateFile } },
      home: { region: 'EU', site: 'nl-home' },
    },
    keys: { databases: { gpg: { recipients: [lab.encryption.publicFile], opens } } },
    people: {
      'commander-1': { roles: ['incident-commander'], sshKeys: [commander.publicFile] },
      'ops-1': { roles: ['ops'], sshKeys: [ops.publicFile] },
    },
    repositories: {
      near: { kind: 'filesystem', path: await lab.repositoryPath('near'), zone: 'fra' },
      offsite: { kind: 'filesystem', path: await lab.repositoryPath('offsite'), zone: 'ams' },
    },
    sources: {
      shop: { kind: 'postgres', zone: 'fra', host: 'db.internal', database: 'shop', user: 'backup' },
    },
    plans: {
      'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['near', 'offsite'] },
    },
    targets: {
      spare: { kind: 'postgres', zone: 'ams', host: 'spare', user: 'dba', database: 'shop' },
    },
    runbooks: {
      'site-loss': {
        lost: ['fra'],
        zone: 'ams',
        steps: [
          { id: 'declare', do: 'approve', role: 'ops', say: 'Is it lost?' },
          {
            id: 'restore',
            do: 'restore',
            role: 'ops',
            plan: 'shop-daily',
            target: 'spare',
            database: 'shop',
            needs: ['declare'],
          },
        ],
      },
    },
    disasters: { fire: { runbook: 'site-loss', say: 'The hall burns', roles: ['ops'] } },
  };
}
