import { Argument, type Command } from 'commander';
import type { Act } from '../act.ts';
import { type CommandTree, completionScript, shells } from '../completion.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addCompletion(command: Command, act: Act): void {
  command
    .addArgument(new Argument('<shell>', 'the shell').choices(shells))
    .addHelpText(
      'after',
      examples(
        'holdfast completion bash > /etc/bash_completion.d/holdfast',
        `holdfast completion zsh > "\${fpath[1]}/_holdfast"`,
        'holdfast completion fish > ~/.config/fish/completions/holdfast.fish',
      ),
    )
    .action(
      act(async ({ out }, _options, [shell]) => {
        out.line(
          completionScript(
            shells.find((name) => name === shell) ?? 'bash',
            treeOf(command.parent ?? command),
          ),
        );
        return exit.done;
      }),
    );
}

function treeOf(command: Command): CommandTree {
  return {
    name: command.name(),
    description: command.description(),
    options: [
      ...command.options.flatMap(({ long, description }) => (long ? [{ name: long, description }] : [])),
      { name: '--help', description: 'display help' },
    ],
    commands: command.commands.map(treeOf),
    ...usualOf(command),
  };
}

/** commander keeps the command that was added with `isDefault` to itself. */
function usualOf(command: Command): Pick<CommandTree, 'usual'> {
  const usual: unknown = Reflect.get(command, '_defaultCommandName');
  return typeof usual === 'string' ? { usual } : {};
}
