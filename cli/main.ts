#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=4
// The settings above keep a worker's peak memory some 40 MB lower; most of its work is in other processes.
import { createInterface } from 'node:readline/promises';
import { HoldfastError } from '../policy/errors.ts';
import type { Io } from './io.ts';
import { runCli } from './program.ts';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.once(name, () => {
    stop.abort();
  });
}

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question, { signal: stop.signal });
  } catch (cause) {
    // Ctrl-C, Ctrl-D or a signal.
    throw new HoldfastError('interrupted', 'The question was not answered.', { cause });
  } finally {
    terminal.close();
  }
}

const io: Io = {
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
  signal: stop.signal,
};
// A reader that has gone, as in `holdfast backup list | head`, is no fault of ours.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
process.exitCode = await runCli(process.argv.slice(2), io);
