import { inQuotes } from './shell.ts';

/** The commands and options of a command line, as data. */
export type CommandTree = {
  name: string;
  description: string;
  options: { name: string; description: string }[];
  commands: CommandTree[];
};

export const shells = ['bash', 'zsh', 'fish'] as const;

/** A script that completes the tree's commands and options in a shell. */
export function completionScript(shell: (typeof shells)[number], tree: CommandTree): string {
  const places = flatten(tree, []);
  const global = tree.options;
  if (shell === 'bash') return bash(tree.name, places, global);
  return shell === 'zsh' ? zsh(tree.name, places, global) : fish(tree.name, places, global);
}

/** One command with the words that lead to it; the program itself has none. */
type Place = { words: string[]; tree: CommandTree };
type Options = CommandTree['options'];

function flatten(tree: CommandTree, words: string[]): Place[] {
  return [{ words, tree }, ...tree.commands.flatMap((child) => flatten(child, [...words, child.name]))];
}

/** Both shells look up the words so far, without options, in one table. */
function bash(name: string, places: Place[], global: Options): string {
  const cases = places.map(({ words, tree }) => {
    const next = [...tree.commands.map((child) => child.name), ...optionNames(tree.options, global)];
    return `    '${words.join(' ')}') candidates='${next.join(' ')}' ;;`;
  });
  return [
    `_${name}() {`,
    '  local word path="" candidates=""',
    `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    `    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac`,
    '  done',
    '  case "$path" in',
    ...cases,
    '  esac',
    `  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))`,
    '}',
    `complete -o default -F _${name} ${name}`,
  ].join('\n');
}

function zsh(name: string, places: Place[], global: Options): string {
  const cases = places.map(({ words, tree }) => {
    const described = [
      ...tree.commands.map((child) => `${child.name}:${child.description}`),
      ...uniqueOptions(tree.options, global).map((option) => `${option.name}:${option.description}`),
    ];
    return `    '${words.join(' ')}') candidates=(${described.map(inQuotes).join(' ')}) ;;`;
  });
  return [
    `#compdef ${name}`,
    `_${name}() {`,
    '  local -a candidates',
    '  local route="" word',
    `  for word in "\${(@)words[2,CURRENT-1]}"; do`,
    `    case "$word" in -*) ;; *) route="\${route:+$route }$word" ;; esac`,
    '  done',
    '  case "$route" in',
    ...cases,
    '    *) _files; return ;;',
    '  esac',
    `  _describe '${name}' candidates`,
    '}',
    `compdef _${name} ${name}`,
  ].join('\n');
}

function fish(name: string, places: Place[], global: Options): string {
  const lines = places.flatMap(({ words, tree }) => {
    const here = `__${name}_at ${inQuotes(words.join(' '))}`;
    const rule = `complete -c ${name} -n ${inQuotes(here)}`;
    return [
      ...tree.commands.map((child) => `${rule} -f -a ${child.name} -d ${inQuotes(child.description)}`),
      ...uniqueOptions(tree.options, global).map(
        (option) => `${rule} -l ${option.name.slice(2)} -d ${inQuotes(option.description)}`,
      ),
    ];
  });
  return [
    `function __${name}_at`,
    "  set -l words (commandline -opc | tail -n +2 | string match -v -- '-*')",
    '  test "$words" = "$argv"',
    'end',
    ...lines,
  ].join('\n');
}

function uniqueOptions(own: Options, global: Options): Options {
  const names = new Set<string>();
  return [...own, ...global].filter(({ name }) => !names.has(name) && names.add(name));
}

function optionNames(own: Options, global: Options): string[] {
  return uniqueOptions(own, global).map(({ name }) => name);
}
