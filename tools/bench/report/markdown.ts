const width = 115;

/** A table; columns whose cells all start like numbers are set to the right. */
export function table(head: string[], rows: string[][]): string {
  const numeric = head.map(
    (_, column) => column > 0 && rows.every((row) => /^[<≥\d]|^—/.test(row[column] ?? '')),
  );
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(numeric.map((right) => (right ? '---:' : '---'))), ...rows.map(line)].join('\n');
}

/** Text broken into lines of the width of our documents. */
export function paragraph(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
