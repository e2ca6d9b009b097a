import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { DemoSet } from './set.ts';
import { prompt, say } from './tell.ts';

/** Runs a command of ours before the reader's eyes; throws when it fails. */
export async function show(set: DemoSet, words: string[]): Promise<void> {
  const status = await run(set, words);
  if (status !== 0) throw new Error(`holdfast ${words.join(' ')} ended with exit status ${status}`);
}

/** Runs a command that may find something wrong, and says so by its exit status, before the reader's eyes. */
export async function look(set: DemoSet, words: string[]): Promise<void> {
  const status = await run(set, words);
  if (status !== 0 && status !== 3)
    throw new Error(`holdfast ${words.join(' ')} ended with exit status ${status}`);
}

/** Runs a command that must be refused before the reader's eyes; throws when it is not. */
export async function showRefused(set: DemoSet, words: string[]): Promise<void> {
  const status = await run(set, words);
  if (status === 0) throw new Error(`holdfast ${words.join(' ')} was not refused`);
}

/** The exit status of a command, whose output and progress the reader sees. */
async function run(set: DemoSet, words: string[]): Promise<number | null> {
  prompt(words);
  const terminal = process.stderr.isTTY === true;
  const child = spawn(process.execPath, [set.program, ...words], {
    env: set.environment,
    stdio: ['ignore', 'pipe', terminal ? 'inherit' : 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface(stream).on('line', (line) => say(`  ${line}`));
  return new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
}

/** Runs a command of ours with --json, unseen; its document. */
export async function ask(set: DemoSet, words: string[]): Promise<unknown> {
  const child = spawn(process.execPath, [set.program, ...words, '--json'], {
    env: set.environment,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  await new Promise((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return JSON.parse(text);
}
