import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HoldfastError } from '../../policy/errors.ts';
import type { KeyPrints } from './keys.ts';

/** What a recovery was begun with; who goes on with it must mean the same. */
export type Begun = {
  organization: string;
  repository: string;
  /** The place, as people know it. */
  from: string;
  /** Options that say how its bucket is reached; empty for a directory, absent in older states. */
  bucket?: string | undefined;
  /** The policy, by its name in the repository. */
  applied: string;
  runbook: string;
  version: string;
  disaster: string | null;
  zones: string[];
  /** Files, by names of keys. */
  keys: Record<string, string>;
  signingKey: string | null;
  /** What the keys in those files were. Absent in states of before: a run of theirs finds them by these paths alone. */
  prints?: KeyPrints | undefined;
};

/** What a directory of this machine keeps of a recovery, beside Temporal's own database. */
export type RecoveryState = Begun & {
  format: typeof format;
  /** Who declared the run that Temporal has, and when; null while it has none. */
  declared: { at: string; by: string } | null;
  /** When its end was seen; null while it was not. */
  ended: string | null;
  /** The process that serves it, or served it last, and where its Temporal listens. */
  served: { pid: number; port: number };
};

const format = 'holdfast-recovery/1';
const fileName = 'recovery.json';
const unfinished = `${fileName}.new`;

const form = z.object({
  format: z.literal(format),
  organization: z.string(),
  repository: z.string(),
  from: z.string(),
  bucket: z.string().optional(),
  applied: z.string(),
  runbook: z.string(),
  version: z.string(),
  disaster: z.string().nullable(),
  zones: z.array(z.string()),
  keys: z.record(z.string(), z.string()),
  signingKey: z.string().nullable(),
  prints: z.object({ salt: z.string(), of: z.record(z.string(), z.string()) }).optional(),
  declared: z.object({ at: z.string(), by: z.string() }).nullable(),
  ended: z.string().nullable(),
  served: z.object({ pid: z.number(), port: z.number() }),
});

const anotherOne = 'Name another directory with --state.';

/**
 * What a directory keeps of a recovery; null where it is not there yet, or empty.
 *
 * @throws HoldfastError `bad-usage` when it holds other things, or can't be read
 */
export async function readState(directory: string): Promise<RecoveryState | null> {
  const found = await readdir(directory).catch((error: unknown): string[] => {
    if (codeOf(error) === 'ENOENT') return [];
    throw unusable(directory, error);
  });
  // What was being written when the disk was full, or the machine went down, says nothing.
  const names = found.filter((name) => name !== unfinished);
  if (names.length === 0) return null;
  if (!names.includes(fileName))
    throw new HoldfastError(
      'bad-usage',
      `${directory} is not empty, and keeps no recovery: it has ${names[0]}.`,
      { hint: anotherOne },
    );
  const text = await readFile(join(directory, fileName), 'utf8').catch((error: unknown) => {
    throw unusable(directory, error);
  });
  try {
    return form.parse(JSON.parse(text));
  } catch (cause) {
    throw new HoldfastError(
      'bad-usage',
      `${join(directory, fileName)} is not as this version of Holdfast writes it.`,
      { hint: `Go on with the version that began there. ${anotherOne}`, cause },
    );
  }
}

/**
 * Keeps it, in whole or not at all, also when the power goes; the directory is made where it is not there.
 *
 * @throws HoldfastError `bad-usage` when it can't be written
 */
export async function writeState(directory: string, state: Omit<RecoveryState, 'format'>): Promise<void> {
  const file = join(directory, unfinished);
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const written = await open(file, 'w', 0o600);
    try {
      await written.writeFile(`${JSON.stringify({ format, ...state }, null, 2)}\n`);
      await written.sync();
    } finally {
      await written.close();
    }
    await rename(file, join(directory, fileName));
  } catch (error) {
    throw unusable(directory, error);
  }
}

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'nothing';

const reasons: Record<string, string> = {
  EACCES: 'you have no right to it',
  EPERM: 'you have no right to it',
  EROFS: 'it lies on a file system that can only be read',
  ENOSPC: 'its disk is full',
  ENOTDIR: 'it is not a directory, or lies below a file',
  EEXIST: 'it is not a directory',
};

/** What it means that a directory can't hold a recovery. */
export function unusable(directory: string, error: unknown): HoldfastError {
  const code = codeOf(error);
  return new HoldfastError(
    'bad-usage',
    `The run can't be kept in ${directory}: ${reasons[code] ?? `the system says ${code}`}.`,
    { hint: anotherOne, cause: error },
  );
}
