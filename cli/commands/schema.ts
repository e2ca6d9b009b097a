import type { Command } from 'commander';
import { generateJsonSchema } from '../../policy/index.ts';
import type { Act } from '../act.ts';
import { exit } from '../io.ts';
import { examples } from './examples.ts';

export function addSchema(program: Command, act: Act): void {
  program
    .command('schema')
    .description('print the JSON Schema of the policy, for editors')
    .addHelpText('after', examples('holdfast schema > policy.schema.json'))
    .action(
      act(async ({ out }) => {
        out.line(generateJsonSchema().trimEnd());
        return exit.done;
      }),
    );
}
