import type { CommandSpec, StageExit } from '../process/index.ts';

/** Compresses stdin to stdout on all cores, and says the exact sizes on stderr when it is done. */
export const zstdStage: CommandSpec = {
  command: 'zstd',
  args: ['-vv', '--no-progress', '-3', '-T0', '-c'],
};

/** Undoes `zstdStage`; `--long=31` also takes what people compressed with larger windows. */
export const unzstdStage: CommandSpec = { command: 'zstd', args: ['-q', '-d', '--long=31', '-c'] };

/**
 * The bytes that went into `zstdStage`, as zstd told them: `(123 B => 45 B, …)`, before 1.5 `(123 => 45 bytes, …)`.
 * Null when there was no such stage or another version worded it differently.
 */
export function rawBytesOf(stages: readonly StageExit[]): number | null {
  const said = stages.find((stage) => stage.command === zstdStage.command)?.stderr ?? '';
  const [, bytes] = /\(\s*(\d+)(?: B)? +=> +\d+ (?:B|bytes),/.exec(said) ?? [];
  return bytes === undefined ? null : Number(bytes);
}
