import { createHash } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Applied,
  appliedName,
  listApplied,
  policyNamespace,
  putApplied,
  readApplied,
  signApplied,
} from '../../../repository/applied-policy.ts';
import { fingerprintOfKey } from '../../../repository/person-signature.ts';
import { sign } from '../../../repository/signing.ts';
import { inDirectory, makeSshKey } from '../../support/keys.ts';
import { openTestStore } from '../../support/stores.ts';

type Key = Awaited<ReturnType<typeof makeSshKey>>;

let worker: Key;
let stranger: Key;

beforeAll(async () => {
  [worker, stranger] = await Promise.all([makeSshKey(), makeSshKey()]);
});

const policyAt = (at: string, text = 'version: 1\n'): Applied => ({
  organization: 'Example BV',
  at,
  hash: createHash('sha256').update(text).digest('hex'),
  text,
  publicKeys: { signers: { fra: worker.publicKey }, people: {}, recipients: {} },
});

const noon = '2026-11-21T12:00:00.000Z';
const later = '2026-11-21T13:00:00.000Z';

/** A repository with some policies applied to it, in this order. */
async function repository<T>(
  policies: readonly Applied[],
  work: (place: Awaited<ReturnType<typeof openTestStore>>, outcomes: string[]) => Promise<T>,
  key = worker,
): Promise<T> {
  return inDirectory(async (directory) => {
    const store = await openTestStore(directory, 'local');
    const outcomes: string[] = [];
    for (const policy of policies) {
      const { signature } = await signApplied(policy, key.privateKey, { directory });
      outcomes.push(await putApplied(store, policy, signature));
    }
    return work(store, outcomes);
  });
}

const trusting = (...keys: Key[]) => new Set(keys.map(({ publicKey }) => fingerprintOfKey(publicKey)));
const fileOf = (path: string, policy: Applied) =>
  join(path, '_policy/applied', `${appliedName(policy)}.json`);

describe('a policy that was applied', () => {
  it('is read back with what it names by path, by whoever trusts who signed it', () =>
    repository([policyAt(noon)], async (store, outcomes) => {
      expect(outcomes).toEqual(['created']);
      const [name = ''] = await listApplied(store);
      expect(name).toMatch(/^20261121T120000Z-[0-9a-f]{8}$/);
      const { applied, signedBy } = await readApplied(store, name, trusting(worker));
      expect(applied).toEqual({ format: 'holdfast-policy/1', ...policyAt(noon) });
      expect(signedBy).toBe(fingerprintOfKey(worker.publicKey));
    }));

  it('is the last one in order of time, also when an older text is applied again', () =>
    repository([policyAt(noon), policyAt(later, 'version: 1 # other\n')], async (store) => {
      const again = policyAt('2026-11-21T14:00:00.000Z');
      const signature = await inDirectory((directory) =>
        signApplied(again, worker.privateKey, { directory }),
      );
      expect(await putApplied(store, again, signature.signature)).toBe('created');
      expect((await listApplied(store))[0]).toBe(appliedName(again));
      expect(await listApplied(store)).toHaveLength(3);
    }));

  it('is laid down once, as long as it says the same and the same key signs', () =>
    repository([policyAt(noon), policyAt(later)], async (store, outcomes) => {
      expect(outcomes).toEqual(['created', 'exists']);
      const put = async (policy: Applied, key: Key) => {
        const { signature } = await inDirectory((directory) =>
          signApplied(policy, key.privateKey, { directory }),
        );
        return putApplied(store, policy, signature);
      };
      expect(await put(policyAt(later), stranger)).toBe('created');
      const keys = { signers: {}, people: {}, recipients: {} };
      expect(await put({ ...policyAt('2026-11-21T15:00:00.000Z'), publicKeys: keys }, stranger)).toBe(
        'created',
      );
    }));

  it('is laid down anew where the last one was tampered with', () =>
    repository([policyAt(noon)], async (store) => {
      const file = fileOf(store.path, policyAt(noon));
      await writeFile(file, (await readFile(file, 'utf8')).replace('Example BV', 'Example NV'));
      const { signature } = await inDirectory((directory) =>
        signApplied(policyAt(later), worker.privateKey, { directory }),
      );
      expect(await putApplied(store, policyAt(later), signature)).toBe('created');
    }));
});

describe('what is not trusted', () => {
  const reading = (name: string, store: Parameters<typeof readApplied>[0], trusted: ReadonlySet<string>) =>
    expect(readApplied(store, name, trusted)).rejects;

  it('is what a stranger signed, named by the fingerprint', () =>
    repository([policyAt(noon)], (store) =>
      reading(appliedName(policyAt(noon)), store, trusting(stranger)).toMatchObject({
        code: 'untrusted-signature',
        message: expect.stringContaining(fingerprintOfKey(worker.publicKey)),
      }),
    ));

  it('is what was changed after it was signed', () =>
    repository([policyAt(noon)], async (store) => {
      const file = fileOf(store.path, policyAt(noon));
      await writeFile(file, (await readFile(file, 'utf8')).replace('Example BV', 'Example NV'));
      await reading(appliedName(policyAt(noon)), store, trusting(worker)).toMatchObject({
        code: 'untrusted-signature',
        message: expect.stringContaining('changed after signing'),
      });
    }));

  it('is what has lost its signature, or has another thing in its place', () =>
    repository([policyAt(noon)], async (store) => {
      const file = `${fileOf(store.path, policyAt(noon))}.sig`;
      await writeFile(file, 'nothing');
      await reading(appliedName(policyAt(noon)), store, trusting(worker)).toMatchObject({
        message: expect.stringContaining('can not be read'),
      });
      await rm(file);
      await reading(appliedName(policyAt(noon)), store, trusting(worker)).toMatchObject({
        message: expect.stringContaining('is not signed'),
      });
    }));

  it('is a signature that was made for something else', () =>
    repository([policyAt(noon)], async (store) => {
      const file = fileOf(store.path, policyAt(noon));
      const bytes = await readFile(file);
      const signed = (namespace: string) =>
        inDirectory((directory) => sign(bytes, worker.privateKey, { directory, namespace }));
      await writeFile(`${file}.sig`, await signed('holdfast-manifest'));
      await reading(appliedName(policyAt(noon)), store, trusting(worker)).toMatchObject({
        code: 'untrusted-signature',
      });
      await writeFile(`${file}.sig`, await signed(policyNamespace));
      await expect(readApplied(store, appliedName(policyAt(noon)), trusting(worker))).resolves.toBeDefined();
    }));

  it('is an older one under a newer name', () =>
    repository([policyAt(noon)], async (store) => {
      const [old, fresh] = [fileOf(store.path, policyAt(noon)), fileOf(store.path, policyAt(later))];
      await rename(old, fresh);
      await rename(`${old}.sig`, `${fresh}.sig`);
      await reading(appliedName(policyAt(later)), store, trusting(worker)).toMatchObject({
        code: 'corrupt-copy',
      });
    }));

  it('is a text that its hash is not of, whoever signed it', () => {
    const policy = { ...policyAt(noon), text: 'version: 2\n' };
    return repository([policy], (store) =>
      reading(appliedName(policy), store, trusting(worker)).toMatchObject({ code: 'corrupt-copy' }),
    );
  });
});
