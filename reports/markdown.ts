import type { RecoveryPhase } from '../policy/resolved-failover.ts';

/** What comes from a database, a service or a person must not turn into markup, or into further lines. */
export const plainText = (value: string): string =>
  value.replaceAll(/\s+/g, ' ').replaceAll('<', '&lt;').replaceAll('](', ']\\(');

const cell = (value: string): string => plainText(value).replaceAll('|', '\\|');

/** A table, or a sentence where it would be empty. */
export function table(
  header: readonly string[],
  rows: readonly (readonly string[])[],
  none: string,
): string[] {
  if (rows.length === 0) return [none, ''];
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(header), `| ${header.map(() => '---').join(' | ')} |`, ...rows.map(line), ''];
}

/** A table of names and values. */
export function facts(rows: readonly (readonly [string, string])[]): string[] {
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${cell(value)} |`), ''];
}

/** A list, or a sentence where it would be empty. */
export function list(items: readonly string[], none: string): string[] {
  return items.length === 0 ? [none, ''] : [...items.map((item) => `- ${plainText(item)}`), ''];
}

/** The phases of recovery, for people. */
export const phaseTitles: Record<RecoveryPhase, string> = {
  assess: 'Assess',
  prepare: 'Prepare',
  execute: 'Execute',
  validate: 'Validate',
  return: 'Return to normal',
};
