import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import colors from 'picocolors';
import { eventually } from '../servers/index.ts';
import { look, show } from './commands.ts';
import type { DemoSet } from './set.ts';
import { say } from './tell.ts';

/** A byte of a copy changes on the disk; a restore test catches it, people are told, and the copy is healed. */
export async function playRot(stage: DemoSet, plan: string): Promise<void> {
  const file = await largestFile(join(stage.local, 'shop'));
  await flipOneByte(file);
  say(`Changed one byte in the middle of ${file.slice(stage.local.length + 1)}.`);
  await look(stage, ['restore-test', 'run', plan, '--from', 'local']);
  for (const line of await toldOf(stage, 'local')) say(colors.yellow(`chat: ${line}`));
  await show(stage, ['restore-test', 'run', plan, '--from', 'local']);
}

/** The first lines of the message in which the team is told of something. */
async function toldOf(stage: DemoSet, subject: string): Promise<string[]> {
  const told = await eventually(async () => {
    const message = stage.chat.heard().find((text) => text.includes(subject));
    if (message === undefined) throw new Error(`nobody was told of ${subject}`);
    return message;
  }, 60);
  return told.split('\n').slice(0, 4);
}

async function largestFile(directory: string): Promise<string> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async (entry) => {
        const path = join(entry.parentPath, entry.name);
        return { path, bytes: (await stat(path)).size };
      }),
  );
  const [largest] = files.sort((a, b) => b.bytes - a.bytes);
  if (largest === undefined) throw new Error(`${directory} has no files`);
  return largest.path;
}

async function flipOneByte(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const middle = Math.floor((await file.stat()).size / 2);
    const { buffer } = await file.read(Buffer.alloc(1), 0, 1, middle);
    await file.write(Buffer.of((buffer[0] ?? 0) ^ 1), 0, 1, middle);
  } finally {
    await file.close();
  }
}
