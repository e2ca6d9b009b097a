import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createConnection } from 'node:net';
import { dirname, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { eventually, startTemporal } from '../../../tools/servers/index.ts';

/** Starts one server of each kind with the built code, says where they are, and waits to be killed. */
const parent = `
const servers = await import(${JSON.stringify(resolve('dist/tools/servers/index.js'))});
const [postgres, seaweedfs, versitygw, temporal] = await Promise.all([
  servers.startPostgres({ major: 15 }),
  servers.startSeaweedfs(),
  servers.startVersitygw(),
  servers.startTemporal(),
]);
const port = ({ endpoint }) => Number(new URL(endpoint).port);
const ports = [postgres.port, port(seaweedfs), port(versitygw), Number(temporal.address.split(':')[1])];
console.log(JSON.stringify({ ports, directory: postgres.directory }));
setInterval(() => undefined, 1000);`;

const listens = (port: number) =>
  new Promise<boolean>((answer) => {
    const socket = createConnection({ host: '127.0.0.1', port });
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
    socket.once('connect', () => socket.destroy());
  });

describe('servers', () => {
  it('end with a parent that is killed, and the next start removes what they left', async () => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', parent], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(child.stdout.setEncoding('utf8'), 'data');
    const { ports, directory }: { ports: number[]; directory: string } = JSON.parse(line);
    expect(await Promise.all(ports.map(listens))).toEqual([true, true, true, true]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await eventually(async () => {
      expect(await Promise.all(ports.map(listens))).toEqual([false, false, false, false]);
    }, 10);
    expect(existsSync(dirname(directory))).toBe(true);
    const next = await startTemporal();
    await next.stop();
    expect(existsSync(dirname(directory))).toBe(false);
  });
});
