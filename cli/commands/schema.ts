import type { Command } from 'commander';
import { generateJsonSchema } from '../../policy/index.ts';
import type { Act } from '../act.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addSchema(command: Command, act: Act): void {
  command.addHelpText('after', examples('holdfast schema > policy.schema.json')).action(
    act(async ({ out }) => {
      out.line(generateJsonSchema().trimEnd());
      return exit.done;
    }),
  );
}
