import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Lab, openLab } from '../../tools/lab/lab.ts';
import { freePort } from '../../tools/servers/index.ts';
import { holdfast } from '../support/cli.ts';

/** The built program: a native worker and its signals need a process of their own. */
const program = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

let lab: Lab;
let ports: [string, string];
const children = new Set<ChildProcess>();

beforeAll(async () => {
  lab = await openLab();
  ports = [String(await freePort()), String(await freePort())];
  await lab.usePolicy({
    repositories: { one: { kind: 'filesystem', path: await lab.repositoryPath('one'), zone: 'fra' } },
    sources: { shop: { kind: 'postgres', zone: 'fra', host: '127.0.0.1', database: 'shop', user: 'backup' } },
    plans: { 'shop-daily': { source: 'shop', schedule: '0 2 * * *', key: 'databases', copies: ['one'] } },
  });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await lab?.close();
});

async function startDev(): Promise<{ child: ChildProcess; stderr: () => string }> {
  const child = spawn(process.execPath, [program, 'dev', '--port', ports[0], '--ui-port', ports[1]], {
    env: { ...process.env, HOLDFAST_POLICY: lab.policyFile },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.add(child);
  let said = '';
  child.stderr?.setEncoding('utf8');
  for await (const text of child.stderr ?? []) {
    said += text;
    if (said.includes('"msg":"Working"')) break;
  }
  return { child, stderr: () => said };
}

async function stop(child: ChildProcess): Promise<unknown> {
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  children.delete(child);
  return code;
}

const environment = () => ({ TEMPORAL_ADDRESS: `127.0.0.1:${ports[0]}`, HOLDFAST_POLICY: lab.policyFile });

it('dev serves everything, keeps its state across a restart, and ends whole', async () => {
  const first = await startDev();
  expect(first.stderr()).toContain(`holdfast apply`);
  const applied = await holdfast(['apply', '--yes'], { env: environment() });
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('marked  repository one') });

  const taken = await holdfast(['dev', '--port', ports[0], '--ui-port', ports[1]], { env: environment() });
  expect(taken).toMatchObject({
    code: 2,
    stderr: expect.stringContaining(`Port ${ports[0]} of this host is taken`),
  });

  expect(await stop(first.child)).toBe(0);
  expect(existsSync(join(lab.directory, '.holdfast', 'temporal.db'))).toBe(true);
  expect(await holdfast(['plan'], { env: environment() })).toMatchObject({ code: 1 });

  const second = await startDev();
  const planned = await holdfast(['plan', '--check'], { env: environment() });
  expect(planned).toMatchObject({ code: 0, stdout: expect.stringContaining('No changes') });
  expect(await stop(second.child)).toBe(0);
});

it('worker says what to do when no Temporal answers', async () => {
  const run = await holdfast(['worker', '--zone', 'fra'], { env: { TEMPORAL_ADDRESS: '127.0.0.1:1' } });
  expect(run).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('No Temporal server answers at 127.0.0.1:1.'),
  });
});
