import { access } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { freePort } from '../../../tools/servers/index.ts';
import { holdfast } from '../../support/cli.ts';
import { copyOfRepository } from '../../support/copy-of-repository.ts';
import { type Program, startProgram, startWith } from '../../support/program.ts';

const scene = copyOfRepository();

/** At a terminal of its own, where a key is pressed once it asks something. */
const atTerminal = (args: string[], question: string, key: string): Program =>
  startWith('python3', ['-c', pressing, question, key, process.execPath, main, ...args], {});

const main = join(import.meta.dirname, '..', '..', '..', 'dist', 'cli', 'main.js');
const pressing = `
import os, pty, sys
question, key, *command = sys.argv[1:]
pid, terminal = pty.fork()
if pid == 0:
    os.execv(command[0], command)
said = ''
while True:
    try:
        part = os.read(terminal, 4096).decode()
    except OSError:
        break
    if question in said + part and question not in said:
        os.write(terminal, key.encode())
    said += part
print(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

describe('starting a runbook', () => {
  const start = (...args: string[]) =>
    scene.trusting('--state', scene.own('state'), '--runbook', 'site-loss', ...args);
  const inLab = (name: string) => join(scene.lab.directory, name);
  const by = (keyFile: string) => ['--as', 'commander-1', '--reason', 'dark', '--sign-with', keyFile];
  const who = () => by(inLab('commander'));

  it.each<[string, () => string[], RegExp]>([
    ['who declares it', () => [], /Add --as NAME/],
    ['why', () => ['--as', 'commander-1'], /Add --reason/],
    [
      'a key, where the runbook wants signatures',
      () => ['--as', 'commander-1', '--reason', 'x'],
      /Add --sign-with/,
    ],
    ['a reason', () => ['--as', 'commander-1', '--reason', ' '], /Give a reason\. Say in one line/],
    ['a reason in one line', () => ['--as', 'commander-1', '--reason', 'a\nb'], /must be one line of text/],
    ['a key that is there', () => by('/nowhere/key'), /\/nowhere\/key can't be read\. Name your SSH key/],
    ['a key that is one', () => by(scene.lab.policyFile), /holdfast\.yaml is no SSH key/],
    [
      'a key of who declares it',
      () => by(inLab('ops')),
      /not one of commander-1: it is of ops-1\. .* SHA256:/,
    ],
    [
      'a key of somebody',
      () => by(scene.lab.signing.privateFile),
      /not one of commander-1: it is of nobody in the policy\./,
    ],
    ['a yes', who, /Add --yes/],
    ['somebody of the policy', () => ['--as', 'nobody'], /knows no nobody among its people/],
    ['a zone that is left', () => ['--zone', 'fra', ...who()], /site-loss takes zone fra as lost/],
    ['the zone that leads it', () => ['--zone', 'home', ...who()], /site-loss is led from zone ams/],
    ['a zone of the policy', () => ['--zone', 'nowhere', ...who()], /has no zone "nowhere"/],
    ['a file for a key', () => ['--key', 'databases', ...who()], /does not say which file/],
    ['a key of the policy', () => ['--key', 'other=/x', ...who()], /no plan with the key "other"/],
    [
      'one file for a key',
      () => ['--key', 'databases=/x', '--key', 'databases=/y', ...who()],
      /The key databases is brought twice/,
    ],
    ['one way to say what happened', () => ['--disaster', 'fire', ...who()], /Say what happened/],
  ])('wants %s', async (_, args, sentence) => {
    const { code, stderr } = await start(...args());
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(sentence) });
    await expect(access(scene.own('state'))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it.each([
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('starts nothing when %s is the answer', async (_, key) => {
    const from = ['--from', scene.copy, '--trust', scene.signer, '--state', scene.own('state')];
    const program = atTerminal(['recover', ...from], 'Which runbook?', key);
    expect(await program.ended).toMatchObject({ code: 1 });
    expect(program.said()).toContain('Error: The question was not answered.');
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

  it('asks on a terminal, again where an answer does not do, and starts nothing without a yes', async () => {
    const from = ['--from', scene.copy, '--trust', scene.signer, '--state', scene.own('state')];
    const answer = [
      ...['site-los', 'site-loss', 'nobody', 'commander-1', '', 'dark', inLab('ops'), inLab('commander')],
      'n',
    ];
    const { code, stderr } = await holdfast(['recover', ...from], { answer });
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /Did you mean "site-loss"\?\n.*no nobody among its people.*\n.*is recorded\.\n.* it is of ops-1.*\nNothing was started\./,
      ),
    });
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
    for (const before of ['\n', 'Error: '])
      expect(bare.said()).toContain(`${before}The program \`temporal\` is not on this machine. Put`);
  });
});
