import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { readState, writeState } from '../../../cli/recover/state.ts';
import { freePort, startTemporal } from '../../../tools/servers/index.ts';
import { taskQueueOf, workflowTypes } from '../../../workflows/contract.ts';
import { copyOfRepository } from '../../support/copy-of-repository.ts';
import { startProgram } from '../../support/program.ts';

const scene = copyOfRepository();

/** The built program, with a Temporal of its own, until it ends. */
async function recovering(state: string): Promise<string> {
  const ports = ['--port', String(await freePort()), '--ui-port', String(await freePort())];
  const from = ['--from', scene.copy, '--trust', scene.signer, '--state', state, ...ports];
  const who = ['--as', 'commander-1', '--reason', 'dark', '--yes'];
  const signed = ['--sign-with', join(scene.lab.directory, 'commander')];
  const program = startProgram(['recover', ...from, '--runbook', 'site-loss', ...who, ...signed], {});
  expect((await program.ended).code).toBe(1);
  return program.said();
}

/** A run that Temporal has, and that nobody works on. */
async function run(state: string, name: string): Promise<void> {
  const temporal = await startTemporal({ dbFile: join(state, 'temporal.db') });
  const connection = await Connection.connect({ address: temporal.address });
  try {
    await new Client({ connection }).workflow.start(workflowTypes.failover, {
      ...{ workflowId: `failover/${name}`, taskQueue: taskQueueOf('nowhere'), args: [] },
      searchAttributes: { HoldfastKind: [workflowTypes.failover] },
      memo: { version: 'another' },
    });
  } finally {
    await connection.close();
    await temporal.stop();
  }
}

/** As one that was declared and has not ended, or that was about to be declared. */
const under = async (declared: { at: string; by: string } | null): Promise<string> => {
  const state = scene.own('state');
  const { runbooks } = scene.loaded.policy;
  await writeState(state, {
    ...{ organization: 'Example BV', repository: 'offsite', from: scene.copy, disaster: null },
    ...{ applied: await scene.applyAt('2026-11-21T12:00:00.000Z'), runbook: 'site-loss' },
    ...{ version: runbooks['site-loss']?.version ?? '', zones: ['ams'], keys: {}, signingKey: null },
    ...{ declared, ended: null, served: { pid: 2 ** 22 + 1, port: 1 } },
  });
  return state;
};

it('does not begin a run a second time that its Temporal has lost', async () => {
  const state = await under({ at: '2026-11-21T13:00:00.000Z', by: 'commander-1' });
  const said = await recovering(state);
  expect(said).toContain(`${state} keeps failover/site-loss, and its Temporal knows nothing of it.`);
  expect(said).toContain('Begin anew with another --state.');
  expect(await readState(state)).toMatchObject({ declared: { by: 'commander-1' }, ended: null });
});

it('begins none beside another one, nor goes on with another version', async () => {
  const state = await under(null);
  await run(state, 'flood');
  expect(await recovering(state)).toContain('failover/flood is under way here: one after the other.');
  await run(state, 'site-loss');
  expect(await recovering(state)).toContain('Another version of failover/site-loss is under way here.');
});
