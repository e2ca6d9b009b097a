import { access, chmod, cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { Client, Connection } from '@temporalio/client';
import { readState, writeState } from '../../../cli/recover/state.ts';
import { run as execute } from '../../../process/index.ts';
import { eventually, freePort, startTemporal } from '../../../tools/servers/index.ts';
import { taskQueueOf, workflowTypes } from '../../../workflows/contract.ts';
import { copyOfRepository } from '../../support/copy-of-repository.ts';
import { type Program, startProgram } from '../../support/program.ts';

const scene = copyOfRepository();

const inLab = (name: string) => join(scene.lab.directory, name);

/** The built program, with a Temporal of its own. */
async function start(
  state: string,
  { as = 'commander-1', key = inLab('commander'), env = {} }: Partial<Who> = {},
): Promise<Program> {
  const ports = ['--port', String(await freePort()), '--ui-port', String(await freePort())];
  const from = ['--from', scene.copy, '--trust', scene.signer, '--state', state, ...ports];
  const who = ['--as', as, '--reason', 'dark', '--yes', '--sign-with', key];
  return startProgram(['recover', ...from, '--runbook', 'site-loss', ...who], env);
}

type Who = { as: string; key: string; env: Record<string, string> };

/** What it says until it ends. */
async function recovering(state: string, who: Partial<Who> = {}): Promise<string> {
  const program = await start(state, who);
  expect((await program.ended).code).toBe(1);
  return program.said();
}

/** Does something in the Temporal of a directory, which nobody serves. */
async function inTemporal(state: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const temporal = await startTemporal({ dbFile: join(state, 'temporal.db') });
  const connection = await Connection.connect({ address: temporal.address });
  try {
    await work(new Client({ connection }));
  } finally {
    await connection.close();
    await temporal.stop();
  }
}

/** A run that Temporal has, and that nobody works on. */
const run = (state: string, name: string): Promise<void> =>
  inTemporal(state, (client) =>
    client.workflow.start(workflowTypes.failover, {
      ...{ workflowId: `failover/${name}`, taskQueue: taskQueueOf('nowhere'), args: [] },
      searchAttributes: { HoldfastKind: [workflowTypes.failover] },
      memo: { version: 'another' },
    }),
  );

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

it('does not keep one that was refused, and lets go of one that was ended from outside', async () => {
  const state = await under(null);
  const refused = await recovering(state, { as: 'ops-1', key: inLab('ops') });
  expect(refused).toContain("declare can't be approved: nobody but ops-1");
  expect(await readState(state)).toMatchObject({ declared: null, ended: null });

  const program = await start(state);
  await program.saying('declare waits for ops');
  await program.kill();
  expect(await readState(state)).toMatchObject({ declared: { by: 'commander-1' }, ended: null });
  await inTemporal(state, (client) =>
    client.workflow.getHandle('failover/site-loss').terminate('in the Web UI'),
  );
  expect(await recovering(state)).toContain('failover/site-loss was ended from outside');
  expect(await readState(state)).toMatchObject({ ended: expect.any(String) });
});

it('says that nothing was declared when it is interrupted before', async () => {
  const state = scene.own('state');
  const [key, asked, askpass] = [inLab('protected'), inLab('asked'), inLab('askpass')];
  await cp(inLab('commander'), key);
  await chmod(key, 0o600);
  await execute({ command: 'ssh-keygen', args: ['-p', '-N', 'a passphrase', '-f', key] });
  // Nobody types the passphrase while ssh-keygen waits for it.
  await writeFile(askpass, `#!/bin/sh\ntouch ${asked}\nwhile kill -0 $PPID; do sleep 0.1; done\n`, {
    mode: 0o755,
  });
  const program = await start(state, { key, env: { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' } });
  await eventually(
    () => access(asked),
    60,
    () => undefined,
  );
  program.signal('SIGINT');
  expect(await program.ended).toMatchObject({ code: 1 });
  expect(program.said()).toContain('Error: Nothing was declared.');
  expect(await readState(state)).toMatchObject({ declared: null });
});
