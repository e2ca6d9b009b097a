import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entryBytes, linkOf } from '../../repository/audit/entry.ts';
import { type VerifiedChain, verifyChain } from '../../repository/audit/index.ts';
import { chainFolder, headsFolder, keyOfNumber, witnessFolder } from '../../repository/audit/layout.ts';
import { chainFiles, makeHeadSigner } from '../../tools/lab/audit-chain.ts';
import { chain } from './audit.ts';
import { openStoreAt } from './stores.ts';

const worker = makeHeadSigner('fra-worker');
export const entryKey = (number: number) => keyOfNumber(chainFolder('fra'), number);
export const headKey = (number: number) => keyOfNumber(headsFolder('fra'), number);
export const witnessKey = (number: number) => keyOfNumber(witnessFolder('fra'), number);

export type Files = Map<string, Uint8Array>;

/** A chain with its heads, and what a witness has of them. */
export type World = { audit: Files; witness: Files; length: number; heads: number[] };

export function worldOf(batches: number[]): World {
  const audit: Files = new Map();
  const witness: Files = new Map();
  for (const { key, bytes } of chainFiles(chain, batches, worker)) {
    audit.set(key, bytes);
    if (key.startsWith(headsFolder('fra')))
      witness.set(key.replace(headsFolder('fra'), witnessFolder('fra')), bytes);
  }
  const length = batches.reduce((sum, size) => sum + size, 0);
  const heads = Array.from({ length }, (_, index) => index + 1).filter((number) =>
    audit.has(headKey(number)),
  );
  return { audit, witness, length, heads };
}

/** Chains of any length, in batches of any size. */
export const worlds = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }).map(worldOf);

/** A chain, and a number in it. */
const worldAndNumber = worlds.chain((world) =>
  fc.tuple(fc.constant(world), fc.integer({ min: 1, max: world.length })),
);

/** What a verification finds in it, on a disk. */
export async function verified({ audit, witness }: World): Promise<VerifiedChain> {
  const directory = await mkdtemp(join(tmpdir(), 'hf-audit-'));
  try {
    const stores = await Promise.all(
      [audit, witness].map(async (files, index) => {
        const name = index === 0 ? 'audit' : 'witness';
        await mkdir(join(directory, name));
        for (const [key, bytes] of files) {
          await mkdir(dirname(join(directory, name, key)), { recursive: true });
          await writeFile(join(directory, name, key), bytes);
        }
        return openStoreAt(join(directory, name), name);
      }),
    );
    const [store, ...witnesses] = stores;
    if (store === undefined) throw new Error('a store was opened');
    return await verifyChain({ store, chain, witnesses, signers: [worker.signer] });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

export function at(files: Files, key: string): Uint8Array {
  const bytes = files.get(key);
  if (bytes === undefined) throw new Error(`nothing under ${key}`);
  return bytes;
}

/** An entry's bytes with something else in it; everything that links it stays as given. */
export function changed(
  bytes: Uint8Array,
  change: { seq?: number; previous?: string | null; reason?: string },
): Uint8Array {
  const { entry } = linkOf(1, bytes);
  if (entry === null) throw new Error('no entry');
  const { reason = 'forged', ...fields } = change;
  return entryBytes({ ...entry, ...fields, event: { ...entry.event, reason } });
}

/** Moves what stands under numbers from `from` on by one, up or down, as somebody does who hides a removal or an addition. */
export function shifted(world: World, from: number, by: 1 | -1): void {
  const entries = new Map<number, Uint8Array>();
  for (let number = from; number <= world.length; number += 1) {
    entries.set(number, at(world.audit, entryKey(number)));
    world.audit.delete(entryKey(number));
  }
  for (const [number, bytes] of entries) world.audit.set(entryKey(number + by), bytes);
}

/** Signing and writing a chain anew takes a while. */
export const runs = { numRuns: 8 };

/** A test that a verification finds what somebody has done, and where; `tamper` says where, null for anywhere. */
export function finds(
  what: string,
  kind: string,
  tamper: (world: World, number: number) => number | null,
  where: (world: World, number: number) => boolean = () => true,
) {
  it(what, async () => {
    await fc.assert(
      fc.asyncProperty(worldAndNumber, async ([world, number]) => {
        fc.pre(where(world, number));
        const copy: World = { ...world, audit: new Map(world.audit), witness: new Map(world.witness) };
        const expected = tamper(copy, number);
        const { broken } = await verified(copy);
        expect(broken).toMatchObject({ kind, ...(expected === null ? {} : { number: expected }) });
      }),
      runs,
    );
  });
}
