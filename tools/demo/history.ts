import { readFile } from 'node:fs/promises';
import { loadPolicy } from '../../policy/index.ts';
import { keyOf, listBackups, openStore, readManifest } from '../../repository/index.ts';
import { inParallel } from '../../schedules/index.ts';
import { putPastBackup, redated } from '../lab/past.ts';
import type { DemoSet } from './set.ts';

const day = 86_400_000;

/**
 * Gives a plan a past in its first repository: its newest backup as if it had been made on each of the last ten days,
 * and once a week for months before. Each one is signed and restorable. How many they are.
 */
export async function layHistory(set: DemoSet, planName: string): Promise<number> {
  const { policy } = await loadPolicy(set.policyFile);
  const plan = policy.plans[planName];
  const [repository] = plan?.copies ?? [];
  if (plan === undefined || repository === undefined) throw new Error(`no plan ${planName}`);
  const store = await openStore(repository);
  try {
    const backup = (await listBackups(store, { source: plan.source.name })).findLast(
      ({ committed }) => committed,
    );
    if (backup === undefined) throw new Error(`${planName} has no backup`);
    const { manifest } = await readManifest(store, backup, plan.signers);
    const files = new Map<string, Uint8Array>();
    for (const { name } of manifest.files)
      files.set(name, (await store.get(keyOf(manifest, name))) ?? new Uint8Array());
    const signer = {
      privateKey: await readFile(set.keyOf('worker-fra'), 'utf8'),
      signers: plan.signers,
      directory: set.directory,
    };
    const times = pastTimes(Date.parse(manifest.startedAt));
    await inParallel(times, 4, (at) => putPastBackup([store], redated(manifest, at), files, signer));
    return times.length;
  } finally {
    store.close();
  }
}

function pastTimes(now: number): string[] {
  const days = Array.from({ length: 10 }, (_, index) => index + 1);
  const weeks = Array.from({ length: 12 }, (_, index) => 10 + 7 * (index + 1));
  return [...days, ...weeks].map((ago) => new Date(now - ago * day).toISOString());
}
