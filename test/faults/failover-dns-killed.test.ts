import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type BindResolver,
  type BindServer,
  eventually,
  startBind,
  startBindResolver,
} from '../../tools/servers/index.ts';
import { progressQuery, taskQueueOf, workflowTypes } from '../../workflows/contract.ts';
import type { FailoverProgress } from '../../workflows/contract-failover.ts';
import { openPlaces, type Places } from '../support/places.ts';
import { type Program, startProgram } from '../support/program.ts';
import { failoverInput, runbook, step } from '../support/runbooks.ts';
import { openStage, type Stage } from '../support/stage.ts';

let stage: Stage;
let places: Places;
let bind: BindServer;
let resolver: BindResolver;
let worker: Program | undefined;

beforeAll(async () => {
  [stage, places, bind] = await Promise.all([
    openStage([]),
    openPlaces(),
    startBind({ records: ['shop 40 IN A 192.0.2.1'] }),
  ]);
  resolver = await startBindResolver(bind);
});
afterAll(async () => {
  await worker?.kill();
  await resolver?.stop();
  await Promise.all([stage?.close(), places?.close(), bind?.stop()]);
});

async function startWorker(): Promise<void> {
  worker = startProgram(['worker', '--zone', 'ams'], {
    TEMPORAL_ADDRESS: stage.orchestra.temporal.address,
    ...places.environment,
  });
  await worker.saying('Working');
}

describe('a worker that is killed once it has changed a name', () => {
  it('has the next one find it changed, and know what it was', async () => {
    const secret = join(stage.lab.directory, 'tsig');
    await writeFile(secret, bind.key.secret);
    const at = `127.0.0.1:${resolver.port}`;
    const server = {
      ...{ name: 'dns', zone: 'ams', host: bind.host, port: bind.port, domain: bind.domain, resolvers: [at] },
      tsig: { key: bind.key.key, algorithm: bind.key.algorithm, secret: { file: secret } },
    };
    const of = { server, record: 'shop.example.org', type: 'A' } as const;
    const dns = step('dns', { do: 'dns.update', of, value: '198.51.100.7', ttl: 30 }, { timeout: 120 });
    const before = await bind.serial();
    await startWorker();
    const run = await stage.orchestra.client.workflow.start(workflowTypes.failover, {
      workflowId: 'failover/killed',
      taskQueue: taskQueueOf('ams'),
      args: [failoverInput(runbook([dns, step('halt', { do: 'manual' }, { needs: ['dns'] })]))],
    });
    // Its look has asked the resolver, which keeps the old answer for 40 seconds: the step waits for it.
    await eventually(async () => expect(await bind.serial()).toBe(before + 1), 60);
    await worker?.kill();
    await startWorker();
    const shown = () => run.query<FailoverProgress>(progressQuery);
    await eventually(
      async () => expect((await shown()).steps.map(({ state }) => state)).toEqual(['passed', 'waiting']),
      150,
    );
    expect(await bind.serial()).toBe(before + 1);
    const [done] = (await shown()).steps;
    expect(done?.results).toContainEqual({ name: 'value before', value: '192.0.2.1' });
    expect(done?.sentences.join(' ')).toContain('was so already');

    await run.executeUpdate('abort', { args: [{ by: 'commander-1', reason: 'the site is back' }] });
    expect(await run.result()).toMatchObject({
      result: 'aborted',
      undone: [expect.stringContaining('dns: ')],
    });
    expect(await bind.lookUp('shop.example.org', 'A')).toEqual(['192.0.2.1']);
    expect(await bind.serial()).toBe(before + 2);
  });
});
