import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type CommandSpec, run, startPipeline } from '../../process/index.ts';
import type { ManifestFile } from '../../repository/manifest.ts';
import type { RestoreInput, WorkContext } from '../source.ts';

/**
 * Feeds a backup's stored bytes through the stages that undo encryption and compression into one last command, and
 * gives what that prints. Good only when every process has exited 0 and the stored bytes had the right hash (law 2).
 *
 * @throws what the stored bytes end with, before anything else: a damaged copy makes the tools fail too
 */
export async function feed(input: RestoreInput, last: CommandSpec, work: WorkContext): Promise<string> {
  const pipeline = startPipeline([...input.undo, last], { signal: work.signal, feed: true });
  const printed = readText(pipeline.stdout);
  printed.catch(() => undefined);
  const end: { reached: boolean; failure?: unknown } = { reached: false };
  const done = pipeline.done.then(
    () => {
      end.reached = true;
    },
    (failure: unknown) => {
      Object.assign(end, { reached: true, failure });
    },
  );
  try {
    for await (const chunk of input.stored) {
      if (!end.reached) await write(pipeline.stdin, chunk, done);
      else if (!mayBeDamage(end.failure)) break;
    }
  } catch (error) {
    pipeline.kill();
    await done;
    throw error;
  }
  pipeline.stdin?.end();
  await done;
  if (end.failure !== undefined) throw end.failure;
  return printed;
}

/** Whether the rest of a copy is worth reading to learn its hash: not when PostgreSQL refused a statement. */
function mayBeDamage(failure: unknown): boolean {
  return failure !== undefined && !/could not execute query/.test(String(failure));
}

/** The command, and then whatever it left unread of its input, so that no earlier stage ends by a broken pipe. */
export function drained(spec: CommandSpec): CommandSpec {
  return {
    ...spec,
    command: 'sh',
    args: ['-c', '"$@" && cat > /dev/null', 'sh', spec.command, ...spec.args],
  };
}

/** Whether a file's plaintext is a tar of pg_dump's directory format. */
export function isDirectoryDump(file: ManifestFile): boolean {
  return file.stages.includes('tar');
}

/** Unpacks a directory dump, whole or one file of it, into a new directory below `parent`. */
export async function unpack(
  input: RestoreInput,
  parent: string,
  work: WorkContext,
  only: string[] = [],
): Promise<string> {
  const directory = await mkdtemp(join(parent, 'dump-'));
  const args = ['--extract', '--file=-', '--no-same-owner', `--directory=${directory}`, ...only];
  await feed(input, { command: 'tar', args }, work);
  return directory;
}

/**
 * Entries in the table of contents of a dump. The whole dump is decrypted and decompressed on the way.
 *
 * @throws HoldfastError `process-failed` when a stage or pg_restore can't read it.
 */
export async function countContents(
  file: ManifestFile,
  input: RestoreInput,
  pgRestore: string,
  work: WorkContext,
): Promise<number> {
  const listing = isDirectoryDump(file)
    ? await listDirectory(await unpack(input, work.directory, work, ['./toc.dat']), pgRestore, work)
    : await feed(input, drained({ command: pgRestore, args: ['--list'], env: { LC_ALL: 'C' } }), work);
  return listing.split('\n').filter((line) => /^\d+;/.test(line)).length;
}

async function listDirectory(directory: string, pgRestore: string, work: WorkContext): Promise<string> {
  const args = ['--list', directory];
  const listed = await run({ command: pgRestore, args, env: { LC_ALL: 'C' } }, { signal: work.signal });
  return listed.stdout;
}

async function readText(stream: Readable): Promise<string> {
  let text = '';
  stream.setEncoding('utf8');
  for await (const piece of stream) text += piece;
  return text;
}

/** Waits for room in the pipe, or for the end of the pipeline, whichever comes first. */
async function write(stdin: Writable | null, chunk: Uint8Array, done: Promise<unknown>): Promise<void> {
  if (stdin === null || stdin.destroyed || stdin.write(chunk)) return;
  let release: () => void = () => undefined;
  const room = new Promise<void>((resolve) => {
    release = resolve;
    stdin.once('drain', resolve);
  });
  await Promise.race([room, done.then(release, release)]);
  stdin.off('drain', release);
}
