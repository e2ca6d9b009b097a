import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { claimPort, freePort } from '../../../tools/servers/ports.ts';

const port = 9_999;
let other: ChildProcess | undefined;

afterEach(() => {
  other?.kill('SIGKILL');
});

/** Another process that was given the port, and whose server is not up yet. */
async function claimElsewhere(): Promise<ChildProcess> {
  const code = `require('node:net').createServer().listen('\\0holdfast-port-${port}', () => console.log('mine'))`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a port', () => {
  it('is not ours while another process has it, and is free again when that one was killed', async () => {
    other = await claimElsewhere();
    expect(await claimPort(port)).toBe(false);

    other.kill('SIGKILL');
    await once(other, 'exit');
    expect(await claimPort(port)).toBe(true);
  });

  it('is given out once', async () => {
    const given = await freePort();
    expect(await claimPort(given)).toBe(false);
  });
});
