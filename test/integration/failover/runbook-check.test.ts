import { once } from 'node:events';
import { chmod, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ResolvedPolicy } from '../../../policy/resolved.ts';
import { type BindServer, eventually, startBind } from '../../../tools/servers/index.ts';
import type { Workflows } from '../../../workflows/contract.ts';
import { type CliRun, holdfast } from '../../support/cli.ts';
import { type Receiver, startReceiver } from '../../support/receivers.ts';
import { openStage, type Stage } from '../../support/stage.ts';

let stage: Stage;
let bind: BindServer;
let shop: Receiver;
let policy: ResolvedPolicy;
let deploy: string;

beforeAll(async () => {
  [stage, bind, shop] = await Promise.all([
    openStage(['ams']),
    startBind({ records: ['shop 60 IN A 192.0.2.1'] }),
    startReceiver(),
  ]);
  const { lab } = stage;
  deploy = join(lab.directory, 'deploy');
  const secret = join(lab.directory, 'tsig');
  await writeFile(secret, bind.key.secret);
  await writeFile(deploy, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
  ({ policy } = await lab.usePolicy({
    people: {
      one: { roles: ['incident-commander', 'ops'] },
      two: { roles: ['incident-commander', 'ops'] },
    },
    checks: { zone: 'ams' },
    repositories: {},
    sources: {},
    plans: {},
    nameServers: {
      dns: {
        ...{ zone: 'ams', host: bind.host, port: bind.port, domain: bind.domain },
        tsig: { key: bind.key.key, secret: { file: secret } },
      },
    },
    runbooks: {
      move: {
        say: 'The shop moves',
        lost: ['fra'],
        zone: 'ams',
        signatures: { real: 'named' },
        preflight: '30 6 * * *',
        steps: [
          { id: 'declare', do: 'approve', say: 'Declare it' },
          { id: 'deploy', do: 'command', run: [deploy], drill: { run: ['true'] }, needs: ['declare'] },
          { id: 'dns', do: 'dns.update', record: 'shop.example.org', value: '192.0.2.2', needs: ['deploy'] },
          { id: 'verify', do: 'http.check', url: shop.url, needs: ['dns'] },
        ],
      },
    },
  }));
});
afterAll(async () => {
  await Promise.all([stage?.close(), bind?.stop(), shop?.down()]);
});

function cli(...args: string[]): Promise<CliRun> {
  const { orchestra, lab } = stage;
  const env = { TEMPORAL_ADDRESS: orchestra.temporal.address, HOLDFAST_POLICY: lab.policyFile };
  return holdfast(args, { env });
}

const openAlerts = async (): Promise<string[]> => {
  const { open } = JSON.parse((await cli('alerts', 'list', '--json')).stdout);
  return open.map(({ subject, severity }: { subject: string; severity: string }) => `${severity} ${subject}`);
};

describe('a check of a runbook', () => {
  it('looks at every step in both modes, and changes nothing', async () => {
    const before = await bind.serial();
    const { code, stdout } = await cli('runbook', 'check', 'move');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.any(String) });
    expect(stdout).toMatch(/^ok {2}deploy: The programs are there/m);
    expect(stdout).toMatch(
      /^ok {2}dns: dns has shop\.example\.org as 192\.0\.2\.1 with a TTL of 60 seconds/m,
    );
    expect(stdout).toMatch(/^not-checked {2}verify \(drill\): /m);
    expect(stdout).toMatch(/^move, version [0-9a-f]{12}: passed-with-exceptions$/m);
    expect(await bind.serial()).toBe(before);
    expect(await openAlerts()).toEqual([]);
  });

  it('finds what would fail before it is wanted, and tells people until it is well again', async () => {
    await chmod(deploy, 0o644);
    await bind.kill();
    const { code, stdout } = await cli('runbook', 'check', 'move');
    expect(code).toBe(3);
    expect(stdout).toMatch(/^fault {2}deploy: The command: \S+deploy is not installed on this worker/m);
    expect(stdout).toMatch(/^fault {2}dns: .* does not answer questions for names/m);
    await eventually(
      async () => expect((await openAlerts()).sort()).toEqual(['critical move/deploy', 'critical move/dns']),
      30,
    );
    await chmod(deploy, 0o755);
    await bind.restart();
    expect((await cli('runbook', 'check', 'move')).code).toBe(0);
    await eventually(async () => expect(await openAlerts()).toEqual([]), 30);
  });

  it('takes a zone without a worker for a fault', async () => {
    const { move } = policy.runbooks;
    if (move === undefined) throw new Error('the policy has no runbook move');
    const steps = move.steps.map((step) => (step.id === 'deploy' ? { ...step, zone: 'nowhere' } : step));
    const { client } = stage.orchestra;
    const result = await client.workflow.execute('runbookCheck', {
      workflowId: 'test/silent-zone',
      taskQueue: 'holdfast-ams',
      args: [{ runbook: { ...move, steps }, quiet: true, patience: 2 }],
    });
    expect(result).toMatchObject({ result: 'failed' });
    expect(JSON.stringify(result)).toContain('deploy could not be looked at in zone nowhere');
  });

  it('tells what was found by the time that it may take', async () => {
    const { move } = policy.runbooks;
    if (move === undefined) throw new Error('the policy has no runbook move');
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const steps = move.steps.map((step) =>
      step.do === 'http.check' ? { ...step, url: `http://127.0.0.1:${port}/` } : step,
    );
    const { client } = stage.orchestra;
    const { findings } = await client.workflow.execute<Workflows['runbookCheck']>('runbookCheck', {
      workflowId: 'test/in-time',
      taskQueue: 'holdfast-ams',
      args: [
        {
          ...{ runbook: { ...move, steps }, quiet: true, within: 6 },
          preview: { repositories: [], signers: [] },
        },
      ],
    });
    silent.close();
    expect(findings.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'verify not-checked',
      'deploy ok',
      'dns ok',
    ]);
    expect(findings[0]?.sentence).toContain('the time for all looks was over');
  });

  it('is known to the command line without Temporal', async () => {
    const list = await cli('runbook', 'list', '--json');
    expect(JSON.parse(list.stdout)).toMatchObject({
      runbooks: [{ runbook: 'move', lost: ['fra'], steps: 4, checked: '30 6 * * *' }],
    });
    expect((await cli('runbook', 'list')).stdout).toMatch(/^move +[0-9a-f]{8} +major +fra/m);
    const { stdout } = await cli('runbook', 'print', 'move');
    expect(stdout).toMatch(/^# Runbook move$/m);
    expect(stdout).toContain('nsupdate');
    expect(stdout).not.toContain(bind.key.secret);
    expect(await cli('runbook', 'print', 'mouve')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('move'),
    });
  });
});
