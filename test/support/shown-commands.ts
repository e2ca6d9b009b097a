/** A command line of ours as a page or a message shows it; `words` come after the program's name. */
export type ShownCommand = { line: number; text: string; words: string[] };

/** Command lines in blocks of a Markdown page: what people copy. Synopses, with their brackets, are left out. */
export function commandBlocks(page: string): ShownCommand[] {
  return commandLines(joined(blockLines(page)));
}

/** Command lines among others, with or without a prompt before them. */
export function commandLines(lines: readonly { line: number; text: string }[]): ShownCommand[] {
  return lines.flatMap(({ line, text }) => {
    const [, command] = /^\s*(?:\$ )?(?:[A-Z_]+=\S+ )*holdfast (.+)$/.exec(text) ?? [];
    if (command === undefined || command.includes('[')) return [];
    return [{ line, text: text.trim(), words: shellWords(command) }];
  });
}

/** Commands that a text names between backticks: in a page's running text, in a message of the source. */
export function commandsInText(text: string): ShownCommand[] {
  return text.split('\n').flatMap((each, index) =>
    [...each.matchAll(/`holdfast ([^`]+)`/g)].map(([shown, command = '']) => ({
      line: index + 1,
      text: shown,
      words: shellWords(command.replace(/\\$/, '').replaceAll(/\$\{[^}]*\}/g, 'X')),
    })),
  );
}

/** Lines between fences, and lines that four spaces set apart. */
function blockLines(page: string): { line: number; text: string }[] {
  let fenced = false;
  return page.split('\n').flatMap((text, index) => {
    const fence = /^\s*```/.test(text);
    if (fence) fenced = !fenced;
    return !fence && (fenced || /^ {4}/.test(text)) ? [{ line: index + 1, text }] : [];
  });
}

/** A backslash at the end goes on in the next line. */
function joined(lines: { line: number; text: string }[]): { line: number; text: string }[] {
  const whole: { line: number; text: string }[] = [];
  for (const each of lines) {
    const before = whole.at(-1);
    if (before?.text.endsWith('\\')) before.text = before.text.slice(0, -1) + each.text;
    else whole.push({ ...each });
  }
  return whole;
}

/** The words of one command as a shell splits them, up to a comment, a pipe or a redirection. */
export function shellWords(command: string): string[] {
  const words: string[] = [];
  const piece = /\s*(?:(#.*|[|><;&].*)|((?:'[^']*'|"(?:\\.|[^"\\])*"|\\.|[^\s'"\\|><;&])+))/y;
  for (let match = piece.exec(command); match !== null; match = piece.exec(command)) {
    if (match[2] === undefined) break;
    words.push(match[2].replaceAll(/'([^']*)'|\\(.)|"/g, '$1$2'));
  }
  return words;
}
