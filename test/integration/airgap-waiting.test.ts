import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Context } from '@temporalio/activity';
import type { Manual } from '../../policy/resolved.ts';
import { markRepository } from '../../repository/index.ts';
import { putPastBackup, redated } from '../../tools/lab/past.ts';
import { taskQueueOf, type Workflows, workflowTypes } from '../../workflows/contract.ts';
import {
  type AirgapInput,
  type AttachWord,
  attachedUpdate,
  detachedUpdate,
  type LookInput,
} from '../../workflows/contract-airgap.ts';
import { inDirectory, makeSshKey } from '../support/keys.ts';
import { manifestFileBytes, manifestOf } from '../support/manifests.ts';
import { directoryAt } from '../support/repositories.ts';
import { openSkipping, type Skipping } from '../support/skipping.ts';
import { failureOf } from '../support/stage.ts';
import { openTestStore } from '../support/stores.ts';

const hour = 3600;
const schedule = { cron: '0 10 * * 6', jitter: 0, catchup: hour, deadline: hour, paused: false };

const manual: Manual = {
  schedule,
  role: 'operator',
  escalate: 'commander',
  remind: 4 * hour,
  patience: 24 * hour,
};

/** Plans of one source, a backup of each in `local`; the safe is not there. */
async function furnish(directory: string): Promise<{ input: AirgapInput; mount: string }> {
  const key = await makeSshKey();
  const signers = [{ name: 'fra', publicKey: key.publicKey }];
  const local = await openTestStore(directory, 'local');
  await markRepository(local, { organization: 'Example BV' });
  const plans = ['daily', 'hourly'];
  for (const [index, plan] of plans.entries())
    await putPastBackup(
      [local],
      redated(manifestOf({ plan }), `2026-11-0${index + 1}T01:00:00.000Z`),
      new Map([['data-0a1b2c.dump.zst.gpg', manifestFileBytes]]),
      { privateKey: key.privateKey, signers, directory },
    );
  const mount = join(directory, 'mnt');
  const from = [directoryAt(local.path)];
  const input: AirgapInput = {
    organization: 'Example BV',
    policyHash: '0'.repeat(64),
    repository: directoryAt(mount, { name: 'safe', manual }),
    manual,
    plans: plans.map((plan) => ({ plan, source: 'shop', from })),
    signers,
    people: [{ name: 'op-1', roles: ['operator'], sshKeys: [] }],
  };
  return { input, mount };
}

const runIn = ({ environment }: Skipping, input: AirgapInput) =>
  environment.client.workflow.execute<Workflows['airgap']>(workflowTypes.airgap, {
    workflowId: 'airgap/safe',
    taskQueue: taskQueueOf('fra'),
    args: [input],
  });

describe('a person who does not come', () => {
  it('is reminded, then somebody else as well, and in the end the run fails with a sentence', () =>
    inDirectory(async (directory) => {
      const { input } = await furnish(directory);
      const asked: LookInput['ask'][] = [];
      const skipping = await openSkipping(['fra'], (real) => ({
        lookForRepository: (look) => {
          // One that is repeated on a busy machine asks nobody anew.
          if (look.ask !== undefined && Context.current().info.attempt === 1) asked.push(look.ask);
          return real.lookForRepository(look);
        },
      }));
      try {
        const run = runIn(skipping, input);
        const failure = await failureOf(run);
        expect(failure).toMatchObject({
          code: 'stalled',
          sentence: expect.stringMatching(/Nobody attached safe/),
        });
        expect(asked.map((ask) => ask?.roles)).toEqual([
          ['operator'],
          ['operator'],
          ...Array(4).fill(['operator', 'commander']),
        ]);
        expect(asked[0]).toMatchObject({
          people: ['op-1'],
          sentence: expect.stringMatching(/Please attach safe/),
        });
      } finally {
        await skipping.close();
      }
    }));

  it('is asked again for a disk that was unplugged midway; what was copied is not copied again', () =>
    inDirectory(async (directory) => {
      const { input, mount } = await furnish(directory);
      await mkdir(mount);
      const filled: string[] = [];
      let looks = 0;
      const skipping = await openSkipping(['fra'], (real) => ({
        lookForRepository: async (look) => {
          looks += 1;
          if (looks === 1) return real.lookForRepository({ ...look, fresh: true });
          // The second look finds it gone, the third one back, and after the filling it is put away.
          if (looks === 3) await rename(`${mount}-drawer`, mount);
          if (looks === 4) await rename(mount, `${mount}-drawer`);
          return real.lookForRepository(look);
        },
        fillAirgapped: async (fill) => {
          filled.push(fill.plan);
          if (filled.length === 2) await rename(mount, `${mount}-drawer`);
          return real.fillAirgapped(fill);
        },
      }));
      try {
        const result = await runIn(skipping, input);
        expect(filled).toEqual(['daily', 'hourly', 'hourly']);
        expect(result).toMatchObject({
          result: 'passed',
          plans: [
            { plan: 'daily', copied: 1 },
            { plan: 'hourly', copied: 1 },
          ],
        });
      } finally {
        await skipping.close();
      }
    }));

  it('who leaves the disk attached closes the air gap: an exception', () =>
    inDirectory(async (directory) => {
      const { input, mount } = await furnish(directory);
      await mkdir(mount);
      const skipping = await openSkipping(['fra'], (real) => ({
        lookForRepository: (look) => real.lookForRepository({ ...look, fresh: true }),
      }));
      try {
        const result = await runIn(skipping, input);
        expect(result).toMatchObject({
          result: 'passed-with-exceptions',
          exceptions: [expect.stringMatching(/safe is still attached/)],
        });
      } finally {
        await skipping.close();
      }
    }));
});

describe('a word that comes while the worker looks, or after it has seen enough,', () => {
  it('is answered all the same, and the run ends', () =>
    inDirectory(async (directory) => {
      const { input, mount } = await furnish(directory);
      await mkdir(mount);
      const args: [AttachWord] = [{ by: 'op-1' }];
      const answers: Promise<string>[] = [];
      const say = async (verb: string) => {
        const run = skipping.environment.client.workflow.getHandle('airgap/safe');
        answers.push(
          (await run.startUpdate<string, [AttachWord]>(verb, { args, waitForStage: 'ACCEPTED' })).result(),
        );
      };
      let gone: () => void = () => undefined;
      const putAway = new Promise<void>((resolve) => {
        gone = resolve;
      });
      const skipping = await openSkipping(['fra'], (real) => ({
        lookForRepository: async (look) => {
          const attached = look.ask?.verb === 'attach';
          await say(attached ? attachedUpdate : detachedUpdate);
          if (!attached) await rename(mount, `${mount}-drawer`);
          const sight = await real.lookForRepository({ ...look, fresh: attached });
          if (!attached) gone();
          return sight;
        },
        recordFilling: async (filled) => {
          await putAway;
          await say(detachedUpdate);
          await answers.at(-1);
          return real.recordFilling(filled);
        },
      }));
      try {
        expect(await runIn(skipping, input)).toMatchObject({
          result: 'passed',
          attachedBy: 'op-1',
          detachedBy: 'op-1',
        });
        expect(await Promise.all(answers)).toEqual([
          'safe is attached.',
          expect.stringMatching(/does not exist/),
          expect.stringMatching(/does not exist/),
        ]);
      } finally {
        await skipping.close();
      }
    }));
});
