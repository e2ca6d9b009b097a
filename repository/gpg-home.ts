import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CommandSpec, type RunResult, run } from '../process/index.ts';

/** gpg's sockets live in its home, and the path of a socket has at most 108 bytes. */
const longestHome = 80;

/** A keyring of our own: no configuration, no keys and no agent of the user's. */
export type GpgHome = {
  path: string;
  /** A gpg command on this keyring that never asks anybody anything. */
  command(...args: string[]): CommandSpec;
  /** Runs such a command to its end. Throws as `run` does. */
  gpg(args: string[], options?: { stdin?: string; signal?: AbortSignal }): Promise<RunResult>;
  /** Writes a file that only we can read; its path. */
  write(name: string, content: string): Promise<string>;
  /** Ends the agent and removes all files. Never throws. */
  close(): Promise<void>;
};

/**
 * Makes an empty keyring below the directory, or in the system's temporary directory where that path is too long.
 */
export async function openGpgHome(directory: string): Promise<GpgHome> {
  const parent = Buffer.byteLength(directory) + 8 <= longestHome ? directory : tmpdir();
  const path = await mkdtemp(join(parent, 'k'));
  const command = (...args: string[]): CommandSpec => ({
    command: 'gpg',
    args: ['--no-options', '--batch', '--no-tty', '--quiet', '--no-auto-key-locate', ...args],
    env: { GNUPGHOME: path },
  });
  return {
    path,
    command,
    gpg: (args, options = {}) => run(command(...args), { timeout: 60, ...options }),
    async write(name, content) {
      const file = join(path, name);
      await writeFile(file, content, { mode: 0o600, flag: 'wx' });
      return file;
    },
    async close() {
      for (const action of [['--kill', 'all'], ['--remove-socketdir']])
        await run(
          { command: 'gpgconf', args: action, env: { GNUPGHOME: path } },
          { timeout: 30, okExitCodes: [0, 1, 2] },
        ).catch(() => undefined);
      await rm(path, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
    },
  };
}
