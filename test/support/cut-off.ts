import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { run } from '../../process/index.ts';
import { eventually } from '../../tools/servers/index.ts';
import { type Program, startWith } from './program.ts';

/** A place from which nothing can be reached but itself: a network of its own, in which there is its loopback alone. */
export type CutOff = {
  /** Starts the built `holdfast` in there. */
  holdfast(args: string[], env: Record<string, string>): Program;
  /** Runs a program in there to its end, and gives what it printed; throws when it fails. */
  run(command: string, ...args: string[]): Promise<string>;
  /** Notes each connection to a port of the loopback in there; what is noted, and an end. */
  watch(port: number): Promise<{ connections(): number }>;
  close(): Promise<void>;
};

/** Linux makes the loopback of a new network without starting it; SIOCSIFFLAGS of netdevice(7) does. */
const loopbackUp = `
import fcntl, socket, struct
s = socket.socket()
flags = struct.unpack('16sH', fcntl.ioctl(s, 0x8913, struct.pack('16sH14x', b'lo', 0))[:18])[1]
fcntl.ioctl(s, 0x8914, struct.pack('16sH14x', b'lo', flags | 1))
`;

const main = join(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

const listener = `
let count = 0;
require('net').createServer((socket) => { count += 1; process.stdout.write(count + '\\n'); socket.destroy(); })
  .listen(Number(process.argv[1]), '127.0.0.1', () => process.stdout.write('0\\n'));
`;

/**
 * Cuts a place off, where directories can be read and not written.
 *
 * @throws Error where this machine does not allow that: it wants root, or CAP_NET_ADMIN and CAP_SYS_ADMIN
 */
export async function cutOff(readOnly: readonly string[]): Promise<CutOff> {
  const mounts = readOnly.map((path) => `mount --bind ${path} ${path} && mount -o remount,ro,bind ${path}`);
  const script = [`python3 -c "$LOOPBACK"`, ...mounts, 'echo ready', 'exec sleep infinity'].join(' && ');
  const holder = spawn('unshare', ['--net', '--mount', '--', 'sh', '-c', script], {
    env: { ...process.env, LOOPBACK: loopbackUp },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const end = () => holder.kill('SIGKILL');
  process.once('exit', end);
  let said = '';
  for (const stream of [holder.stdout, holder.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const refused = () =>
    holder.exitCode === null
      ? undefined
      : new Error(
          `This machine makes no network namespace, and so nobody can tell whether a recovery needs what is lost. Run this test as root (CAP_SYS_ADMIN and CAP_NET_ADMIN). unshare says: ${said}`,
        );
  await eventually(
    async () => {
      if (!said.includes('ready')) throw new Error(`not cut off yet: ${said}`);
    },
    20,
    refused,
  );
  const inside = ['--target', String(holder.pid), '--net', '--mount', '--wd=/', '--'];
  const watchers = new Set<Program>();
  return {
    holdfast: (args, env) => startWith('nsenter', [...inside, process.execPath, main, ...args], env),
    run: async (command, ...args) =>
      (await run({ command: 'nsenter', args: [...inside, command, ...args] })).stdout,
    watch: async (port) => {
      const watcher = startWith('nsenter', [...inside, process.execPath, '-e', listener, String(port)], {});
      watchers.add(watcher);
      await watcher.saying('0\n');
      return { connections: () => Number(watcher.said().trim().split('\n').at(-1)) };
    },
    close: async () => {
      process.off('exit', end);
      await Promise.all([...watchers].map((watcher) => watcher.kill()));
      end();
    },
  };
}
