import { stripVTControlCharacters } from 'node:util';

export type Table = { head: string[]; rows: string[][] };

/**
 * A table that is no wider than so many characters, where that can be: columns that may be missed go, in this order, and
 * then the first column is cut.
 */
export function fitted(table: Table, most: number, dispensable: readonly string[]): Table {
  const over = widthsOf(table).reduce((sum, width) => sum + width + gap, -gap) - most;
  if (over <= 0) return table;
  const [name, ...others] = dispensable;
  if (name !== undefined) return fitted(without(table, name), most, others);
  const room = Math.max(leastName, (widthsOf(table)[0] ?? 0) - over);
  return { ...table, rows: table.rows.map(([first = '', ...rest]) => [cut(first, room), ...rest]) };
}

/** Between two columns, and what is left of a name. */
const gap = 2;
const leastName = 8;

function widthsOf({ head, rows }: Table): number[] {
  const widthOf = (text: string) => stripVTControlCharacters(text).length;
  return head.map((name, column) =>
    Math.max(widthOf(name), ...rows.map((cells) => widthOf(cells[column] ?? ''))),
  );
}

function without({ head, rows }: Table, name: string): Table {
  const column = head.indexOf(name);
  const rest = (cells: string[]) => cells.filter((_, index) => index !== column);
  return { head: rest(head), rows: rows.map(rest) };
}

/** A text cut to so many characters, with a mark where it was. */
export function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** Lines of at most so many characters, broken between words; a word that is longer stays whole. */
export function folded(text: string, most: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > most) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** The first few of many: `crm, hr, shop and 12 more`. */
export function someOf(names: readonly string[], most = 3): string {
  const rest = names.length - most;
  return rest <= 0 ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${rest} more`;
}
