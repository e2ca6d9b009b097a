import { inQuotes } from './shell.ts';

/** The commands and options of a command line, as data. */
export type CommandTree = {
  name: string;
  description: string;
  options: { name: string; description: string }[];
  commands: CommandTree[];
  /** The command of `commands` that is meant where none of them is named. */
  usual?: string;
};

export const shells = ['bash', 'zsh', 'fish'] as const;

/**
 * A script that completes the tree's commands and options in a shell. All three find the command in the same way: of the
 * words typed so far those that lead to it, whatever arguments and options stand between them.
 */
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

/** The words of every command, each in quotes: `'backup' 'backup run'`. */
const routes = (places: Place[]): string[] =>
  places.filter(({ words }) => words.length > 0).map(({ words }) => inQuotes(words.join(' ')));

function bash(name: string, places: Place[], global: Options): string {
  const cases = places.map(({ words, tree }) => {
    const next = [
      ...tree.commands.map((child) => child.name),
      ...optionsOf(tree, global).map((option) => option.name),
    ];
    return `    '${words.join(' ')}') candidates='${next.join(' ')}' ;;`;
  });
  return [
    `_${name}() {`,
    '  local word path="" candidates=""',
    `  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do`,
    `    case "\${path:+$path }$word" in`,
    `      ${routes(places).join('|')}) path="\${path:+$path }$word" ;;`,
    '    esac',
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
      ...optionsOf(tree, global).map((option) => `${option.name}:${option.description}`),
    ];
    return `    '${words.join(' ')}') candidates=(${described.map(inQuotes).join(' ')}) ;;`;
  });
  return [
    `#compdef ${name}`,
    `_${name}() {`,
    '  local -a candidates',
    '  local route="" word',
    `  for word in "\${(@)words[2,CURRENT-1]}"; do`,
    `    case "\${route:+$route }$word" in`,
    `      ${routes(places).join('|')}) route="\${route:+$route }$word" ;;`,
    '    esac',
    '  done',
    '  case "$route" in',
    ...cases,
    '  esac',
    `  _describe '${name}' candidates || _files`,
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
      ...optionsOf(tree, global).map(
        (option) => `${rule} -l ${option.name.slice(2)} -d ${inQuotes(option.description)}`,
      ),
    ];
  });
  return [
    `function __${name}_at`,
    `  set -l known ${routes(places).join(' ')}`,
    "  set -l route ''",
    '  for word in (commandline -opc | tail -n +2)',
    '    set -l next (string trim -- "$route $word")',
    '    contains -- "$next" $known; and set route $next',
    '  end',
    '  test "$route" = "$argv"',
    'end',
    ...lines,
  ].join('\n');
}

/** A command's own options, those of the one that is meant without a name, and those that every command takes. */
function optionsOf({ options, commands, usual }: CommandTree, global: Options): Options {
  const meant = commands.find(({ name }) => name === usual)?.options ?? [];
  const names = new Set<string>();
  return [...options, ...meant, ...global].filter(({ name }) => !names.has(name) && names.add(name));
}
