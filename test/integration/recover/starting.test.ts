import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../../../tools/servers/index.ts';
import { holdfast } from '../../support/cli.ts';
import { copyOfRepository } from '../../support/copy-of-repository.ts';
import { startProgram } from '../../support/program.ts';

const scene = copyOfRepository();

describe('starting a runbook', () => {
  const start = (...args: string[]) =>
    scene.trusting('--state', scene.own('state'), '--runbook', 'site-loss', ...args);
  const who = () => [
    ...['--as', 'commander-1', '--reason', 'dark'],
    ...['--sign-with', join(scene.lab.directory, 'commander')],
  ];

  it.each<[string, () => string[], RegExp]>([
    ['who declares it', () => [], /Add --as NAME/],
    ['why', () => ['--as', 'commander-1'], /Add --reason/],
    [
      'a key, where the runbook wants signatures',
      () => ['--as', 'commander-1', '--reason', 'x'],
      /Add --sign-with/,
    ],
    ['a yes', who, /Add --yes/],
    ['somebody of the policy', () => ['--as', 'nobody'], /knows no nobody among its people/],
    ['a zone that is left', () => ['--zone', 'fra', ...who()], /site-loss takes zone fra as lost/],
    ['the zone that leads it', () => ['--zone', 'home', ...who()], /site-loss is led from zone ams/],
    ['a zone of the policy', () => ['--zone', 'nowhere', ...who()], /has no zone "nowhere"/],
    ['a file for a key', () => ['--key', 'databases', ...who()], /does not say which file/],
    ['a key of the policy', () => ['--key', 'other=/x', ...who()], /no plan with the key "other"/],
    ['one way to say what happened', () => ['--disaster', 'fire', ...who()], /Say what happened/],
  ])('wants %s', async (_, args, sentence) => {
    const { code, stderr } = await start(...args());
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(sentence) });
  });

  it('takes a disaster of the policy for its runbook', async () => {
    const run = (...args: string[]) => scene.trusting('--state', scene.own('state'), ...args);
    expect(await run('--disaster', 'fire', '--zone', 'fra', ...who())).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('site-loss takes zone fra as lost'),
    });
    expect(await run('--disaster', 'fir', ...who())).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('no disaster "fir". Did you mean "fire"?'),
    });
    expect(await run('--class', 'minor', ...who())).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('The policy has no disaster of class minor'),
    });
  });

  it('asks on a terminal, and starts nothing without a yes', async () => {
    const from = ['--from', scene.copy, '--trust', scene.signer, '--state', scene.own('state')];
    const asked = await holdfast(['recover', ...from, '--runbook', 'site-loss', ...who()], { answer: 'n' });
    expect(asked).toMatchObject({ code: 1, stderr: expect.stringContaining('Nothing was started.') });
  });

  it('says that a port is taken, and that Temporal is not on the machine', async () => {
    const server: Server = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const taken = await start(...who(), '--yes', '--port', String(port)).finally(() => server.close());
    expect(taken).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`Port ${port} of this host is taken`),
    });
    const from = ['--from', scene.copy, '--trust', scene.signer, '--state', scene.own('state')];
    const ports = ['--port', String(port), '--ui-port', String(await freePort())];
    const args = ['recover', ...from, ...ports, '--runbook', 'site-loss', ...who(), '--yes'];
    const bare = startProgram(args, {
      XDG_CACHE_HOME: '/nowhere',
      PATH: '/usr/bin:/bin',
    });
    expect(await bare.ended).toMatchObject({ code: 1 });
    expect(bare.said()).toContain('The program `temporal` is not on this machine. Put');
  });
});
